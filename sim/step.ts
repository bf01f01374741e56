import type { Counts } from './counts.ts';
import type { SseEvent } from './dialect.ts';
import type { Script } from './script.ts';

/** What is written at once, and what the books say about it. */
export interface Step {
  readonly bytes: Buffer;
  /** Content chunks that end in it. */
  readonly chunks: number;
  /** The text deltas in them. */
  readonly text: string;
  readonly reported: Counts | undefined;
  /** Silence before it. */
  readonly waitMs?: number;
}

export function step(bytes: Buffer | string, reported?: Counts): Step {
  return { bytes: Buffer.from(bytes), chunks: 0, text: '', reported };
}

const PING = { event: 'ping', data: '{"type": "ping"}' };
const COMMENT = ': SIMULATOR PROCESSING';

/** Server-sent events as bytes: one step an event. */
export function renderEvents(events: readonly SseEvent[], script: Script): Step[] {
  const line = script.crlf ? '\r\n' : '\n';
  const blanks = script.oddities ? '   ' : '';
  const render = ({ event, data, comment }: SseEvent): string =>
    `${comment === undefined ? '' : comment + line + line}${event === undefined ? '' : `event: ${event}${line}`}data: ${data}${data === '[DONE]' ? '' : blanks}${line}${line}`;
  return events.map((event) => {
    let bytes = render(event);
    if (event.content && script.pings) bytes = render(PING) + bytes;
    if (event.content && script.comments) bytes = COMMENT + line + line + bytes;
    return {
      bytes: Buffer.from(bytes),
      chunks: event.content ? 1 : 0,
      text: event.text ?? '',
      reported: event.reported,
    };
  });
}

/** The same bytes in one step. */
export function joinSteps(steps: readonly Step[]): Step {
  return {
    bytes: Buffer.concat(steps.map(({ bytes }) => bytes)),
    chunks: steps.reduce((sum, { chunks }) => sum + chunks, 0),
    text: steps.map(({ text }) => text).join(''),
    reported: steps.findLast(({ reported }) => reported !== undefined)?.reported,
  };
}

/** The same bytes in steps of `splitBytes`, cut wherever that falls. A chunk counts in the step that has its last byte. */
export function splitSteps(steps: readonly Step[], splitBytes: number): Step[] {
  const { bytes } = joinSteps(steps);
  const split: Step[] = [];
  let next = 0;
  let nextEnd = steps[0]?.bytes.length ?? 0;
  for (let at = 0; at < bytes.length; at += splitBytes) {
    const piece = bytes.subarray(at, at + splitBytes);
    const ended: Step[] = [];
    while (next < steps.length && nextEnd <= at + piece.length) {
      ended.push(steps[next]!);
      nextEnd += steps[++next]?.bytes.length ?? 0;
    }
    split.push({ ...joinSteps(ended), bytes: piece });
  }
  return split;
}

/** Puts the silences of the script before the first content chunk and behind number `midAfter`. */
export function silence(steps: readonly Step[], script: Script): readonly Step[] {
  const { tokenDelayMs = 0, midDelayMs = 0, midAfter = 1 } = script;
  if (tokenDelayMs + midDelayMs === 0) return steps;
  let before = 0;
  let isMidDue = midDelayMs > 0;
  return steps.map((step) => {
    if (step.chunks === 0) return step;
    const isMid = isMidDue && before + step.chunks > midAfter;
    if (isMid) isMidDue = false;
    const waitMs = (before === 0 ? tokenDelayMs : 0) + (isMid ? midDelayMs : 0);
    before += step.chunks;
    return waitMs > 0 ? { ...step, waitMs } : step;
  });
}
