import type { Answer } from './answer.ts';
import { type Counts, tokensOf } from './counts.ts';
import { CREATED_S, type SseEvent } from './dialect.ts';
import { finishReason, reportedOf, usageOf } from './openai-usage.ts';
import { accentOf } from './vendor.ts';

type ToolDelta = readonly [call: object, said: string];

export function chatEvents(answer: Answer): SseEvent[] {
  const { counts, script, asked } = answer;
  const accent = accentOf(answer);
  const shape = script.usageShape ?? accent.usageShape ?? 'standard';
  const separate = counts !== undefined && shape === 'standard' && asked.includeUsage;
  let written = 0;

  const frame = (choices: readonly object[], usage: Counts | undefined): SseEvent => ({
    data: JSON.stringify({
      id: `chatcmpl-${answer.id}`,
      object: 'chat.completion.chunk',
      created: CREATED_S,
      model: accent.model ?? answer.model,
      service_tier: 'default',
      system_fingerprint: 'fp_simulated',
      choices,
      ...(usage ? { usage: usageOf(usage) } : separate && { usage: null }),
    }),
    ...(usage && { reported: reportedOf(usage) }),
  });
  const chunk = (delta: object, finish_reason: string | null = null, said = ''): SseEvent => {
    written += tokensOf(said);
    const everywhere = counts !== undefined && shape === 'every-chunk';
    const last = counts !== undefined && finish_reason !== null && shape !== 'standard';
    const running = everywhere && !last ? { ...counts, output: Math.min(written, counts.output) } : counts;
    return frame(
      [{ index: 0, delta, logprobs: null, finish_reason, ...accent.choice }],
      everywhere || last ? running : undefined,
    );
  };
  const content = (delta: object, said: string, text?: string): SseEvent => ({
    ...chunk({ ...accent.delta, ...delta }, null, said),
    content: true,
    ...(text !== undefined && { text }),
  });

  const events: SseEvent[] = [];
  if (script.oddities || accent.emptyFirst) events.push(EMPTY_FIRST);
  events.push(
    chunk({ role: 'assistant', content: answer.text.length > 0 ? '' : null, refusal: null }),
    ...answer.thinking.map((piece) => content(accent.thought(piece), piece)),
    ...answer.text.map((piece) => content({ content: piece }, piece, piece)),
    ...answer.refusal.map((piece) => content({ refusal: piece }, piece)),
    ...toolDeltas(answer).map(([call, said]) => content({ tool_calls: [call] }, said)),
    chunk({}, finishReason(answer)),
  );
  if (separate) events.push(frame([], counts));
  events.push({ data: '[DONE]' });
  return accent.comment === undefined ? events : commented(events, accent.comment);
}

/** Copilot's: it has no choices although it does not report usage. */
const EMPTY_FIRST: SseEvent = {
  data: JSON.stringify({
    choices: [],
    created: 0,
    id: '',
    model: '',
    prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }],
  }),
};

function commented(events: readonly SseEvent[], comment: string): SseEvent[] {
  const first = events.findIndex(({ content }) => content);
  return events.map((event, i) => (i === 0 || i === first ? { ...event, comment } : event));
}

/** Deltas of the tool calls, each with what it adds to the arguments. */
function toolDeltas(answer: Answer): readonly ToolDelta[] {
  const { tools, script } = answer;
  const { whole, call: accented } = accentOf(answer);
  const calls = tools.map(({ id, name, pieces }, index): readonly ToolDelta[] => {
    const start = { id: `call_${id}`, type: 'function' };
    if (whole || script.toolShape === 'whole') {
      const all = pieces.join('');
      return [[{ ...start, function: { name, arguments: all }, ...accented(name, index) }, all]];
    }
    return [
      [{ index, ...start, function: { name, arguments: '' }, ...accented(name, index) }, ''],
      ...pieces.map((piece): ToolDelta => [{ index, function: { arguments: piece } }, piece]),
    ];
  });
  return script.interleaved ? inTurns(calls) : calls.flat();
}

/** The first of each list, the second of each, … */
function inTurns<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
}
