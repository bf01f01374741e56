import { z } from 'zod';
import { byType } from './by-type.ts';
import { parseOpenai } from './openai-complaint.ts';
import {
  effort,
  fraction,
  imageUrl,
  jsonSchema,
  metadata,
  promptCache,
  serviceTier,
  temperature,
  toolName,
} from './openai-request.ts';

/* Requests as the real API takes them: https://platform.openai.com/docs/api-reference/responses/create */

const id = z.string().nullish();
const status = z.enum(['in_progress', 'completed', 'incomplete']).nullish();

const inputPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('input_text'), text: z.string() }),
  z.strictObject({
    type: z.literal('input_image'),
    image_url: imageUrl.nullish(),
    file_id: id,
    detail: z.enum(['low', 'high', 'auto', 'original']).optional(),
  }),
  z.strictObject({
    type: z.literal('input_file'),
    file_data: z.string().optional(),
    file_id: id,
    file_url: z.string().optional(),
    filename: z.string().optional(),
    detail: z.enum(['low', 'high', 'auto']).optional(),
  }),
]);
const outputPart = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('output_text'),
    text: z.string(),
    annotations: z.array(z.unknown()).optional(),
    logprobs: z.array(z.unknown()).nullish(),
  }),
  z.strictObject({ type: z.literal('refusal'), refusal: z.string() }),
]);

const type = z.literal('message').optional();
const asked = { type, content: z.union([z.string(), z.array(inputPart)]), status, id };
const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('user'), ...asked }),
  z.strictObject({ role: z.literal('system'), ...asked }),
  z.strictObject({ role: z.literal('developer'), ...asked }),
  z.strictObject({
    role: z.literal('assistant'),
    type,
    id,
    content: z.union([z.string(), z.array(outputPart)]),
    status,
    phase: z.enum(['commentary', 'final_answer']).nullish(),
  }),
]);

const call = { call_id: z.string().min(1).max(64), id, status };
const output = z.union([z.string(), z.array(inputPart)]);
const typedItem = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('function_call'),
    name: z.string().regex(/^[a-zA-Z0-9_-]+$/),
    arguments: z.string(),
    ...call,
    caller: z.unknown().optional(),
    namespace: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('function_call_output'), output, ...call }),
  z.strictObject({ type: z.literal('custom_tool_call'), name: z.string(), input: z.string(), ...call }),
  z.strictObject({ type: z.literal('custom_tool_call_output'), output, ...call }),
  z.strictObject({
    type: z.literal('reasoning'),
    id: z.string().optional(),
    summary: z.array(z.strictObject({ type: z.literal('summary_text'), text: z.string() })),
    content: z.array(z.strictObject({ type: z.literal('reasoning_text'), text: z.string() })).nullish(),
    encrypted_content: z.string().nullish(),
    status,
  }),
  z.strictObject({ type: z.literal('item_reference'), id: z.string() }),
]);

/** A message may leave its type out. */
const item = byType<z.infer<typeof message> | z.infer<typeof typedItem>>((type) =>
  type === undefined || type === 'message' ? message : typedItem,
);

export type Item = z.infer<typeof item>;

const functionTool = z.strictObject({
  type: z.literal('function'),
  name: toolName,
  description: z.string().nullish(),
  parameters: jsonSchema.nullish(),
  strict: z.boolean().nullish(),
  allowed_callers: z.array(z.string()).nullish(),
  defer_loading: z.boolean().optional(),
  output_schema: jsonSchema.nullish(),
});
/** What else belongs to it differs from tool to tool. */
const hostedTool = z.looseObject({
  type: z.enum([
    'custom',
    'web_search',
    'web_search_preview',
    'file_search',
    'code_interpreter',
    'mcp',
    'namespace',
    'image_generation',
    'local_shell',
    'shell',
    'apply_patch',
    'computer',
    'tool_search',
  ]),
});

const tool = byType<z.infer<typeof functionTool> | z.infer<typeof hostedTool>>((type) =>
  type === undefined || type === 'function' ? functionTool : hostedTool,
);

const format = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    name: toolName,
    schema: jsonSchema,
    description: z.string().optional(),
    strict: z.boolean().nullish(),
  }),
]);

const responsesSchema = z.strictObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(item)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().optional() }).nullish(),
  max_output_tokens: z.int().min(16).nullish(),
  max_tool_calls: z.int().nullish(),
  temperature,
  top_p: fraction,
  top_logprobs: z.int().min(0).max(20).nullish(),
  tools: z.array(tool).optional(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.looseObject({ type: z.string(), name: z.string().optional() }),
    ])
    .optional(),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning: z
    .strictObject({
      effort,
      summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
      generate_summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
      context: z.string().nullish(),
      mode: z.string().nullish(),
    })
    .nullish(),
  text: z
    .strictObject({ format: format.optional(), verbosity: z.enum(['low', 'medium', 'high']).nullish() })
    .optional(),
  include: z.array(z.string()).nullish(),
  previous_response_id: z.string().nullish(),
  conversation: z.unknown().optional(),
  context_management: z.unknown().optional(),
  prompt: z.unknown().optional(),
  moderation: z.unknown().optional(),
  background: z.boolean().nullish(),
  store: z.boolean().nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  service_tier: serviceTier,
  metadata,
  user: z.string().optional(),
  safety_identifier: z.string().nullish(),
  ...promptCache,
});

export type ResponsesRequest = z.infer<typeof responsesSchema>;

/** @throws {Refusal} */
export const parseResponses = (body: unknown): ResponsesRequest => parseOpenai(responsesSchema, body);
