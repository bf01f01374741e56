import { z } from 'zod';
import { Refusal } from './dialect.ts';
import { parseOpenai } from './openai-complaint.ts';

/* Requests as the real API takes them: https://platform.openai.com/docs/api-reference/chat/create */

const STOPS_MAX = 4;
const TOOL_CALL_ID_LENGTH_MAX = 40;
const TOOL_NAME_LENGTH_MAX = 64;

export const toolName = z
  .string()
  .min(1)
  .max(TOOL_NAME_LENGTH_MAX)
  .regex(/^[a-zA-Z0-9_-]+$/);
export const jsonSchema = z.record(z.string(), z.unknown());
export const imageUrl = z
  .string()
  .regex(
    /^(https?:\/\/.|data:image\/(jpeg|png|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$)/,
    'Expected a valid URL, but got a value with an invalid format.',
  );
export const metadata = z.record(z.string().max(64), z.string().max(512)).nullish();
export const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).nullish();
export const serviceTier = z.enum(['auto', 'default', 'flex', 'scale', 'priority']).nullish();
export const fraction = z.number().min(0).max(1).nullish();
export const temperature = z.number().min(0).max(2).nullish();

/** What kept prompts cost less with; no gateway has to know what is in it. */
export const promptCache = {
  prompt_cache_key: z.string().nullish(),
  prompt_cache_options: z.unknown().optional(),
  prompt_cache_retention: z.enum(['in_memory', '24h']).nullish(),
};
const breakpoint = { prompt_cache_breakpoint: z.strictObject({ mode: z.literal('explicit') }).optional() };

const textPart = z.strictObject({ type: z.literal('text'), text: z.string(), ...breakpoint });
const refusalPart = z.strictObject({ type: z.literal('refusal'), refusal: z.string() });
const userPart = z.discriminatedUnion('type', [
  textPart,
  z.strictObject({
    type: z.literal('image_url'),
    image_url: z.strictObject({
      url: imageUrl,
      detail: z.enum(['auto', 'low', 'high', 'original']).optional(),
    }),
    ...breakpoint,
  }),
  z.strictObject({
    type: z.literal('input_audio'),
    input_audio: z.strictObject({ data: z.string(), format: z.enum(['wav', 'mp3']) }),
    ...breakpoint,
  }),
  z.strictObject({
    type: z.literal('file'),
    file: z.strictObject({
      file_data: z.string().optional(),
      file_id: z.string().optional(),
      filename: z.string().optional(),
    }),
    ...breakpoint,
  }),
]);

const name = { name: z.string().optional() };
const texts = z.union([z.string(), z.array(textPart).min(1)]);

/** What some vendors want back on an assistant's message or call, and OpenAI's own API overlooks. */
const accents = {
  reasoning: z.unknown().optional(),
  reasoning_content: z.unknown().optional(),
  reasoning_details: z.unknown().optional(),
  extra_content: z.unknown().optional(),
};

const toolCall = z.strictObject({
  id: z.string().min(1).max(TOOL_CALL_ID_LENGTH_MAX),
  type: z.literal('function'),
  function: z.strictObject({ name: toolName, arguments: z.string() }),
  extra_content: z.unknown().optional(),
  // The SDK's helper for streams leaves it in the messages that it puts together.
  index: z.int().optional(),
});

const assistant = z.strictObject({
  role: z.literal('assistant'),
  content: z
    .union([z.string(), z.array(z.discriminatedUnion('type', [textPart, refusalPart])).min(1)])
    .nullish(),
  refusal: z.string().nullish(),
  tool_calls: z.array(toolCall).min(1).optional(),
  function_call: z.strictObject({ name: toolName, arguments: z.string() }).nullish(),
  audio: z.strictObject({ id: z.string() }).nullish(),
  annotations: z.array(z.unknown()).optional(),
  ...name,
  ...accents,
});

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: texts, ...name }),
  z.strictObject({ role: z.literal('developer'), content: texts, ...name }),
  z.strictObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(userPart).min(1)]),
    ...name,
  }),
  assistant,
  z.strictObject({ role: z.literal('tool'), tool_call_id: z.string(), content: texts }),
  z.strictObject({ role: z.literal('function'), name: z.string(), content: z.string().nullable() }),
]);

export type ChatMessage = z.infer<typeof message>;

const tool = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('function'),
    function: z.strictObject({
      name: toolName,
      description: z.string().optional(),
      parameters: jsonSchema.optional(),
      strict: z.boolean().nullish(),
    }),
  }),
  z.strictObject({ type: z.literal('custom'), custom: z.looseObject({ name: toolName }) }),
]);

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: toolName }) }),
    z.strictObject({ type: z.literal('custom'), custom: z.strictObject({ name: toolName }) }),
    z.strictObject({ type: z.literal('allowed_tools'), allowed_tools: z.looseObject({}) }),
  ]),
]);

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: toolName,
      description: z.string().optional(),
      schema: jsonSchema.optional(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

const chatSchema = z.strictObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  temperature,
  top_p: fraction,
  n: z.int().min(1).max(128).nullish(),
  stop: z.union([z.string(), z.array(z.string()).min(1).max(STOPS_MAX)]).nullish(),
  tools: z.array(tool).min(1).max(128).optional(),
  tool_choice: toolChoice.optional(),
  parallel_tool_calls: z.boolean().optional(),
  functions: z.array(z.unknown()).optional(),
  function_call: z.unknown().optional(),
  response_format: responseFormat.optional(),
  reasoning_effort: effort,
  verbosity: z.enum(['low', 'medium', 'high']).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string(), z.number()).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  seed: z.int().nullish(),
  user: z.string().optional(),
  safety_identifier: z.string().nullish(),
  metadata,
  store: z.boolean().nullish(),
  service_tier: serviceTier,
  modalities: z.array(z.enum(['text', 'audio'])).nullish(),
  audio: z.unknown().optional(),
  prediction: z.unknown().optional(),
  moderation: z.unknown().optional(),
  web_search_options: z.unknown().optional(),
  ...promptCache,
});

export type ChatRequest = z.infer<typeof chatSchema>;

/** @throws {Refusal} */
export function parseChat(body: unknown): ChatRequest {
  const strange = Object.keys(Object(body)).filter((key) => !(key in chatSchema.shape));
  if (strange.length > 0) {
    const plural = strange.length > 1 ? 's' : '';
    throw new Refusal(400, `Unrecognized request argument${plural} supplied: ${strange.join(', ')}`);
  }
  return parseOpenai(chatSchema, body);
}
