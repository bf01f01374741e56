import { z } from 'zod';

/* Content blocks as they may come in a request: https://docs.anthropic.com/en/api/messages */

const cache_control = z
  .strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() })
  .nullish();

export const cacheControl = { cache_control };

export const TOOL_USE_ID = /^[a-zA-Z0-9_-]+$/;
export const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

const url = z.string().regex(/^https?:\/\//, 'Only HTTP and HTTPS URLs are supported.');
const data = z.string().regex(BASE64, 'Invalid base64 data');
const fileSource = z.strictObject({ type: z.literal('file'), file_id: z.string() });
const citations = z.strictObject({ enabled: z.boolean().optional() }).nullish();

export const text = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  citations: z.array(z.looseObject({ type: z.string() })).nullish(),
  ...cacheControl,
});

const image = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
      data,
    }),
    z.strictObject({ type: z.literal('url'), url }),
    fileSource,
  ]),
  transformations: z.unknown().optional(),
  ...cacheControl,
});

const document = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data }),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() }),
    z.strictObject({ type: z.literal('url'), url }),
    z.strictObject({
      type: z.literal('content'),
      content: z.union([z.string(), z.array(z.discriminatedUnion('type', [text, image]))]),
    }),
    fileSource,
  ]),
  title: z.string().nullish(),
  context: z.string().nullish(),
  citations,
  ...cacheControl,
});

const searchResult = z.strictObject({
  type: z.literal('search_result'),
  source: z.string(),
  title: z.string(),
  content: z.array(text),
  citations,
  ...cacheControl,
});

const toolReference = z.strictObject({
  type: z.literal('tool_reference'),
  tool_name: z.string(),
  ...cacheControl,
});

const toolUse = z.strictObject({
  type: z.literal('tool_use'),
  id: z.string().regex(TOOL_USE_ID),
  name: z.string().regex(TOOL_NAME),
  input: z.record(z.string(), z.unknown()),
  caller: z.looseObject({ type: z.string() }).optional(),
  toolset_name: z.string().nullish(),
  ...cacheControl,
});

const toolResult = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string().regex(TOOL_USE_ID),
  content: z
    .union([
      z.string(),
      z.array(z.discriminatedUnion('type', [text, image, searchResult, document, toolReference])),
    ])
    .optional(),
  is_error: z.boolean().optional(),
  toolset_name: z.string().nullish(),
  ...cacheControl,
});

const thinking = z.strictObject({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: z.string(),
});

const redactedThinking = z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() });

const serverToolUse = z.strictObject({
  type: z.literal('server_tool_use'),
  id: z.string().regex(/^srvtoolu_[a-zA-Z0-9_]+$/),
  name: z.string(),
  input: z.record(z.string(), z.unknown()),
  caller: z.looseObject({ type: z.string() }).optional(),
  ...cacheControl,
});

/** Results of tools that the vendor runs: no gateway makes them up, so that their insides are not looked at. */
const serverToolResult = z.looseObject({
  type: z.enum([
    'web_search_tool_result',
    'web_fetch_tool_result',
    'code_execution_tool_result',
    'bash_code_execution_tool_result',
    'text_editor_code_execution_tool_result',
    'tool_search_tool_result',
    'container_upload',
  ]),
});

export const block = z.discriminatedUnion('type', [
  text,
  image,
  document,
  searchResult,
  thinking,
  redactedThinking,
  toolUse,
  toolResult,
  serverToolUse,
  serverToolResult,
]);

export type Block = z.infer<typeof block>;
