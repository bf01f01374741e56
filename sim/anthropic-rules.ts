import type { Block } from './anthropic-blocks.ts';
import { generationOf, judgeGeneration } from './anthropic-models.ts';
import type { CountRequest, MessagesRequest } from './anthropic-request.ts';
import { judgeSchema } from './anthropic-schema.ts';
import { Refusal } from './dialect.ts';
import { isSealed, isSigned } from './signature.ts';

/*
 * What no schema can say: rules between fields and between messages. The words are those of the real API, as
 * far as they are known from reports of its users.
 */

type Message = CountRequest['messages'][number];

const CACHE_MARKS_MAX = 4;
const TOP_P_THINKING_MIN = 0.95;
const ASSISTANT_ONLY: ReadonlySet<string> = new Set([
  ...['thinking', 'redacted_thinking', 'tool_use', 'server_tool_use'],
]);
const USER_ONLY: ReadonlySet<string> = new Set([
  ...['image', 'document', 'search_result', 'tool_result', 'container_upload'],
]);

function refuse(message: string): never {
  throw new Refusal(400, message);
}

/** @throws {Refusal} */
export function judgeMessages(request: MessagesRequest): void {
  const last = request.messages.at(-1)!;
  const end = last.role === 'assistant' ? lastText(last) : undefined;
  if (end !== undefined && end !== end.trimEnd()) {
    refuse('messages: final assistant content cannot end with trailing whitespace');
  }
  judgeGeneration(request);
  judgeThinking(request);
  judgeCount(request);
}

/** What holds for `count_tokens` too. @throws {Refusal} */
export function judgeCount(request: CountRequest): void {
  const { messages, system, thinking } = request;
  if (messages.at(-1)!.role === 'assistant' && !generationOf(request.model).prefill) {
    refuse(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
  if (Array.isArray(system)) judgeTexts(system, 'system');
  if (messages[0]?.role !== 'user') refuse('messages: first message must use the "user" role');
  messages.forEach((message, i) => {
    judgeContent(message, i, i === messages.length - 1);
  });
  judgeToolResults(messages);
  judgeTools(request);
  judgeSchemas(request);
  judgeCacheMarks(request);
  if (thinking?.type === 'enabled') judgeToolLoop(messages);
}

/** Refuses thinking that this vendor did not write, or that was changed on the way. @throws {Refusal} */
export function judgeSignatures(messages: readonly Message[]): void {
  messages.forEach((message, i) => {
    blocksOf(message).forEach((block, j) => {
      if (block.type === 'thinking' && !isSigned(block.thinking, block.signature)) {
        refuse(`messages.${i}.content.${j}: Invalid \`signature\` in \`thinking\` block`);
      }
      if (block.type === 'redacted_thinking' && !isSealed(block.data)) {
        refuse(`messages.${i}.content.${j}: Invalid \`data\` in \`redacted_thinking\` block`);
      }
    });
  });
}

export const blocksOf = ({ content }: Message): readonly Block[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content;

function lastText(message: Message): string | undefined {
  const block = blocksOf(message).at(-1);
  return block?.type === 'text' ? block.text : undefined;
}

function judgeContent(message: Message, i: number, isLast: boolean): void {
  const { role, content } = message;
  if (content.length === 0) {
    if (isLast && role === 'assistant') return;
    refuse(
      `messages.${i}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  const blocks = blocksOf(message);
  judgeTexts(blocks, 'messages');
  for (const { type } of blocks) {
    if ((role === 'user' ? ASSISTANT_ONLY : USER_ONLY).has(type)) {
      refuse(
        `messages.${i}: \`${type}\` blocks can only be in \`${role === 'user' ? 'assistant' : 'user'}\` messages`,
      );
    }
  }
  blocks.forEach((block, j) => {
    if (block.type === 'thinking' && block.signature === '') {
      refuse(`messages.${i}.content.${j}.thinking.signature: Field required`);
    }
    if (block.type === 'tool_result' && Array.isArray(block.content)) judgeTexts(block.content, 'messages');
  });
}

function judgeTexts(
  blocks: readonly { readonly type: string; readonly text?: unknown }[],
  where: string,
): void {
  for (const { type, text } of blocks) {
    if (type !== 'text') continue;
    if (text === '') refuse(`${where}: text content blocks must be non-empty`);
    if (String(text).trim() === '') refuse(`${where}: text content blocks must contain non-whitespace text`);
  }
}

function judgeToolResults(messages: readonly Message[]): void {
  const seen = new Set<string>();
  let open: string[] = [];
  messages.forEach((message, i) => {
    const blocks = blocksOf(message);
    const results = blocks.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
    const known = new Set(open);
    const given = new Set(results);
    const strange = results.findIndex((id) => !known.has(id));
    if (strange >= 0) {
      refuse(
        `messages.${i}.content.${strange}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${results[strange]}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    if (given.size < results.length) {
      const twice = results.find((id, at) => results.indexOf(id) !== at);
      refuse(
        `messages.${i}.content: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${twice}`,
      );
    }
    const first = blocks.findIndex(({ type }) => type !== 'tool_result');
    const late = first >= 0 && blocks.slice(first).some(({ type }) => type === 'tool_result');
    // The real API finds no result where other content stands before it, and says so in these words.
    refuseOpen(late ? open : open.filter((id) => !given.has(id)), i - 1);
    open = blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    for (const id of open) {
      if (seen.has(id)) refuse(`messages.${i}.content: \`tool_use\` ids must be unique`);
      seen.add(id);
    }
  });
  refuseOpen(open, messages.length - 1);
}

function refuseOpen(ids: readonly string[], i: number): void {
  if (ids.length === 0) return;
  refuse(
    `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  );
}

function judgeSchemas({ tools = [], output_config }: CountRequest): void {
  judgeSchema(output_config?.format?.schema, 'output_config.format.schema');
  for (const [i, { strict, input_schema }] of tools.entries()) {
    if (strict === true) judgeSchema(input_schema, `tools.${i}.custom.input_schema`);
  }
}

function judgeTools({ tools, tool_choice, thinking }: CountRequest): void {
  const names = (tools ?? []).flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
  if (new Set(names).size < names.length) refuse('tools: Tool names must be unique.');
  if (tool_choice === undefined) return;
  if (tools === undefined || tools.length === 0) {
    refuse('tool_choice: Tool choice may only be specified while providing tools.');
  }
  if (tool_choice.type === 'tool' && !names.includes(tool_choice.name)) {
    refuse(`Tool '${tool_choice.name}' not found in provided tools`);
  }
  const forced = tool_choice.type === 'any' || tool_choice.type === 'tool';
  if (forced && thinking !== undefined && thinking.type !== 'disabled') {
    refuse('Thinking may not be enabled when tool_choice forces tool use.');
  }
}

function judgeCacheMarks({ messages, system, tools, cache_control }: CountRequest): void {
  const marked: unknown[] = [
    { cache_control },
    ...(tools ?? []),
    ...(Array.isArray(system) ? system : []),
    ...messages.flatMap(blocksOf),
    ...messages.flatMap(blocksOf).flatMap((block) => ('content' in block ? [block.content].flat() : [])),
  ];
  const marks = marked.filter(
    (block) => typeof block === 'object' && block !== null && 'cache_control' in block && block.cache_control,
  ).length;
  if (marks > CACHE_MARKS_MAX) {
    refuse(`A maximum of ${CACHE_MARKS_MAX} blocks with cache_control may be provided. Found ${marks}.`);
  }
}

function judgeThinking({ thinking, max_tokens, temperature, top_k, top_p }: MessagesRequest): void {
  if (thinking === undefined || thinking.type === 'disabled') return;
  if (thinking.type === 'enabled' && thinking.budget_tokens >= max_tokens) {
    refuse('`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  if (temperature !== undefined && temperature !== 1) {
    refuse('`temperature` may only be set to 1 when thinking is enabled.');
  }
  if (top_k !== undefined) refuse('`top_k` must be unset when thinking is enabled.');
  if (top_p !== undefined && top_p < TOP_P_THINKING_MIN) {
    refuse(
      `\`top_p\` must be greater than or equal to ${TOP_P_THINKING_MIN} or unset when thinking is enabled.`,
    );
  }
}

/** Calls and their results since the user last spoke are one turn of the assistant, and it must begin with thinking. */
function judgeToolLoop(messages: readonly Message[]): void {
  const from = messages.findLastIndex(
    (message) => message.role === 'user' && blocksOf(message).every(({ type }) => type !== 'tool_result'),
  );
  const at = messages.findIndex(({ role }, i) => i > from && role === 'assistant');
  const first = at < 0 ? undefined : blocksOf(messages[at]!)[0];
  if (first === undefined || first.type === 'thinking' || first.type === 'redacted_thinking') return;
  refuse(
    `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first.type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, disable \`thinking\`.`,
  );
}
