import type { Answer } from './answer.ts';
import type { Counts } from './counts.ts';
import { type SseEvent, stopOf } from './dialect.ts';
import { seal, sign } from './signature.ts';

/** Of an event: its `type` is also the event's name. */
type Payload = { readonly type: string; readonly [key: string]: unknown };

const STOPS: Readonly<Record<string, string>> = {
  end_turn: 'end_turn',
  stop: 'end_turn',
  max_tokens: 'max_tokens',
  length: 'max_tokens',
  tool_use: 'tool_use',
  tool_calls: 'tool_use',
  stop_sequence: 'stop_sequence',
  refusal: 'refusal',
  content_filter: 'refusal',
  pause_turn: 'pause_turn',
  model_context_window_exceeded: 'model_context_window_exceeded',
};

/** What the first event of a stream says was written: the count has only begun. */
const FIRST_OUTPUT = 1;
/** By so much `message_start` is short of the input, where the script has it corrected later. */
const CORRECTION = 18;

const PING: SseEvent = { event: 'ping', data: '{"type": "ping"}' };

export function events(answer: Answer): SseEvent[] {
  const { counts, script } = answer;
  const shape = script.usageShape ?? 'standard';
  const event = (data: Payload, more: Partial<SseEvent> = {}): SseEvent => ({
    event: data.type,
    data: JSON.stringify(data),
    ...more,
  });

  const first = counts && firstCounts(counts, shape);
  const { stop_reason, stop_sequence, stop_details, ...whole } = message(answer, [], first);
  const begun = { ...whole, stop_reason: null, stop_sequence: null };
  const start = event({ type: 'message_start', message: begun }, first && { reported: reportedOf(first) });
  const events: SseEvent[] = [start];
  if (script.oddities) events.push(start, event({ type: 'vendor_extension', usage: null }));

  let index = 0;
  const block = (content_block: object, deltas: readonly SseEvent[]): void => {
    events.push(event({ type: 'content_block_start', index, content_block }));
    if (index === 0) events.push(PING);
    events.push(...deltas, event({ type: 'content_block_stop', index }));
    index++;
  };
  const delta = (change: object, more: Partial<SseEvent> = { content: true }): SseEvent =>
    event({ type: 'content_block_delta', index, delta: change }, more);

  if (answer.thinking.length > 0) {
    block({ type: 'thinking', thinking: '', signature: '' }, [
      ...answer.thinking.map((thinking) => delta({ type: 'thinking_delta', thinking })),
      delta({ type: 'signature_delta', signature: signatureOf(answer) }, {}),
    ]);
  }
  if (script.redacted) block({ type: 'redacted_thinking', data: seal(answer.id) }, []);
  if (answer.text.length > 0) {
    block(
      { type: 'text', text: '' },
      answer.text.map((text) => delta({ type: 'text_delta', text }, { content: true, text })),
    );
  }
  for (const { id, name, pieces } of answer.tools) {
    block(
      { type: 'tool_use', id: `toolu_${id}`, name, input: {} },
      pieces.map((partial_json) => delta({ type: 'input_json_delta', partial_json })),
    );
  }

  events.push(
    event(
      {
        type: 'message_delta',
        delta: { stop_reason, stop_sequence, ...(stop_details && { stop_details }) },
        ...(counts && { usage: finalUsage(counts, shape) }),
      },
      counts && { reported: reportedOf(counts) },
    ),
    event({ type: 'message_stop' }),
  );
  return events;
}

export function message(answer: Answer, content: readonly object[], usage: Counts | undefined) {
  const { refusal, stopSequence = null } = answer.script;
  const stop_reason = stopOf(answer, STOPS);
  return {
    id: `msg_${answer.id}`,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content,
    stop_reason,
    stop_sequence: stop_reason === 'stop_sequence' ? stopSequence : null,
    ...(stop_reason === 'refusal' && {
      stop_details: { type: 'refusal', category: null, explanation: refusal ?? null },
    }),
    ...(usage && { usage: usageOf(usage) }),
  };
}

/** Of the thinking itself: it is accepted back as long as nobody has changed it. */
export const signatureOf = ({ thinking }: Answer): string => sign(thinking.join(''));

/** This API does not tell thinking from other output. */
export const reportedOf = (counts: Counts): Counts => ({ ...counts, reasoning: 0 });

function usageOf({ input, output, cacheRead, cacheWrite }: Counts): object {
  return {
    input_tokens: input - cacheRead - cacheWrite,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite, ephemeral_1h_input_tokens: 0 },
    output_tokens: output,
    service_tier: 'standard',
  };
}

function firstCounts(counts: Counts, shape: string): Counts {
  const { input, cacheRead, cacheWrite } = counts;
  return {
    ...counts,
    input: shape === 'corrected' ? Math.max(input - CORRECTION, cacheRead + cacheWrite) : input,
    output: Math.min(FIRST_OUTPUT, counts.output),
  };
}

function finalUsage(counts: Counts, shape: string): object {
  if (shape === 'corrected') return usageOf(counts);
  if (shape !== 'nulls') return { output_tokens: counts.output };
  return {
    input_tokens: null,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    output_tokens: counts.output,
  };
}
