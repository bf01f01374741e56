import { z } from 'zod';
import { block, cacheControl, TOOL_NAME, text } from './anthropic-blocks.ts';
import { byType } from './by-type.ts';
import { type Complaint, complaintOf, listed, type Path, valueAt } from './complaint.ts';
import { Refusal } from './dialect.ts';

/* Requests as the real API takes them, and its words for those that it does not: https://docs.anthropic.com/en/api/messages */

const fraction = z.number().min(0).max(1);

const tool = z.strictObject({
  type: z.literal('custom').nullish(),
  name: z.string().regex(TOOL_NAME),
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal('object') }),
  strict: z.boolean().optional(),
  defer_loading: z.boolean().optional(),
  eager_input_streaming: z.boolean().nullish(),
  allowed_callers: z.array(z.string()).optional(),
  input_examples: z.array(z.record(z.string(), z.unknown())).optional(),
  ...cacheControl,
});

/** Such as `web_search_20250305`: what else belongs to it differs from tool to tool. */
const serverTool = z.looseObject({ type: z.string().regex(/^[a-z_]+_\d{8}$/) });

/** A tool is the client's own unless its type says otherwise. */
const anyTool = byType<z.infer<typeof tool> | z.infer<typeof serverTool>>((type) =>
  type == null || type === 'custom' ? tool : serverTool,
);

const parallel = { disable_parallel_tool_use: z.boolean().optional() };
const toolChoice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), ...parallel }),
  z.strictObject({ type: z.literal('any'), ...parallel }),
  z.strictObject({ type: z.literal('tool'), name: z.string().min(1), ...parallel }),
  z.strictObject({ type: z.literal('none') }),
]);

const display = { display: z.enum(['summarized', 'omitted']).nullish() };
const thinking = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('enabled'), budget_tokens: z.int().min(1024), ...display }),
  z.strictObject({ type: z.literal('disabled') }),
  z.strictObject({ type: z.literal('adaptive'), ...display }),
]);

const outputConfig = z.strictObject({
  effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  format: z
    .strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) })
    .nullish(),
});

/** What `count_tokens` takes too. */
const counted = {
  model: z.string().min(1),
  messages: z
    .array(
      z.strictObject({
        role: z.enum(['user', 'assistant']),
        content: z.union([z.string(), z.array(block)]),
      }),
    )
    .min(1, 'at least one message is required'),
  system: z.union([z.string(), z.array(text)]).optional(),
  tools: z.array(anyTool).optional(),
  tool_choice: toolChoice.optional(),
  thinking: thinking.optional(),
  output_config: outputConfig.optional(),
  speed: z.enum(['standard', 'fast']).nullish(),
  user_profile_id: z.string().optional(),
  workspace_id: z.string().optional(),
  ...cacheControl,
};

/** Only with the header `anthropic-beta`. */
const beta = { context_management: z.unknown().optional(), mcp_servers: z.array(z.unknown()).optional() };

const messagesSchema = z.strictObject({
  ...counted,
  max_tokens: z.int().min(1),
  stream: z.boolean().optional(),
  temperature: fraction.optional(),
  top_p: fraction.optional(),
  top_k: z.int().min(0).optional(),
  stop_sequences: z
    .array(z.string().regex(/\S/, 'each stop sequence must contain non-whitespace'))
    .optional(),
  metadata: z.strictObject({ user_id: z.string().max(256).nullish() }).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  container: z.unknown().optional(),
  diagnostics: z.unknown().optional(),
  inference_geo: z.string().nullish(),
});

const SCHEMAS = {
  messages: [messagesSchema, messagesSchema.extend(beta)],
  count: [z.strictObject(counted), z.strictObject({ ...counted, ...beta })],
} as const;

export type MessagesRequest = z.infer<typeof messagesSchema>;
export type CountRequest = z.infer<(typeof SCHEMAS)['count'][0]>;

/** @throws {Refusal} */
export function parseMessages(body: unknown, isBeta: boolean): MessagesRequest {
  return parse(SCHEMAS.messages[isBeta ? 1 : 0], body);
}

/** @throws {Refusal} */
export function parseCount(body: unknown, isBeta: boolean): CountRequest {
  return parse(SCHEMAS.count[isBeta ? 1 : 0], body);
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  const complaint = complaintOf(error, body);
  throw new Refusal(400, `${placeOf(complaint, body)}: ${wordsOf(complaint)}`);
}

/** The path as the real API prints it: with the type of a block or tool behind its index. */
function placeOf({ path, issue }: Complaint, body: unknown): string {
  const keys: Path = issue.code === 'unrecognized_keys' ? [...path, issue.keys[0]!] : path;
  const atTag = issue.code === 'invalid_union' && issue.discriminator !== undefined;
  const shown = atTag ? keys.slice(0, -1) : keys;
  return shown
    .flatMap((key, i): PropertyKey[] => {
      const holder = shown[i - 1];
      if (i === shown.length - 1 || typeof key !== 'number') return [key];
      const { type } = (valueAt(body, shown.slice(0, i + 1)) ?? {}) as { type?: string };
      if (holder === 'content') return [key, ...(type === undefined ? [] : [type])];
      return holder === 'tools' ? [key, type ?? 'custom'] : [key];
    })
    .join('.');
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  int: 'integer',
  boolean: 'boolean',
  array: 'list',
  record: 'dictionary',
  object: 'dictionary',
};

function wordsOf({ issue, value }: Complaint): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return 'Extra inputs are not permitted';
    case 'invalid_type':
      return value === undefined ? 'Field required' : `Input should be a valid ${KINDS[issue.expected]}`;
    case 'invalid_value':
      return value === undefined ? 'Field required' : `Input should be ${listed(issue.values, 'or')}`;
    case 'invalid_union': {
      if (issue.discriminator === undefined) {
        return value === undefined ? 'Field required' : 'Input should be a valid list';
      }
      if (value === undefined) return `Unable to extract tag using discriminator '${issue.discriminator}'`;
      const tags = (issue as { options?: readonly unknown[] }).options ?? [];
      return `Input tag '${String(value)}' found using '${issue.discriminator}' does not match any of the expected tags: ${tags.map((tag) => `'${String(tag)}'`).join(', ')}`;
    }
    case 'too_small':
      if (issue.origin === 'string') return `String should have at least ${issue.minimum} character`;
      if (issue.origin === 'array') return issue.message;
      return `Input should be greater than or equal to ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'string') return `String should have at most ${issue.maximum} characters`;
      return `Input should be less than or equal to ${issue.maximum}`;
    case 'invalid_format':
      return issue.message.startsWith('Invalid string')
        ? `String should match pattern '${String(issue.pattern).slice(1, -1)}'`
        : issue.message;
    default:
      return issue.message;
  }
}
