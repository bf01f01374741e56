import { type Script, scriptText } from '../sim/script.ts';
import { MODEL } from './arm.ts';

/** One kind of request, as all arms are sent it. */
export interface Case {
  readonly name: string;
  readonly title: string;
  readonly body: string;
  /** Content chunks of its answer; 1 for one that is no stream. */
  readonly chunks: number;
  readonly connections: number;
  /** Requests in one round. Many short rounds side by side stand noise better than a few long ones. */
  readonly amount: number;
  readonly rounds: number;
  /** Whether this is a whole answer. */
  readonly isWhole: (text: string) => boolean;
}

const CHUNKS = 100;
const JSON_BYTES = 1_024;

function body(stream: boolean, script: Script): string {
  return JSON.stringify({
    model: MODEL,
    messages: [{ role: 'user', content: scriptText(script) }],
    ...(stream && { stream }),
  });
}

/** Beside the content there are a first event, one with the finish reason, and the end mark. */
const isWholeStream = (text: string): boolean =>
  text.split('\n\n').length - 1 === CHUNKS + 3 && text.endsWith('data: [DONE]\n\n');

export const JSON_CASE: Case = {
  name: 'json',
  title: `Small JSON (answer of ${JSON_BYTES} bytes, 50 connections)`,
  body: body(false, { answerBytes: JSON_BYTES }),
  chunks: 1,
  connections: 50,
  amount: 8_000,
  rounds: 12,
  isWhole: (text) => text.length === JSON_BYTES && text.trimEnd().endsWith('}'),
};

export const BURST_CASE: Case = {
  name: 'sse-burst',
  title: `SSE in a burst (${CHUNKS} chunks, each in an HTTP chunk of its own, 20 connections)`,
  body: body(true, { chunks: CHUNKS }),
  chunks: CHUNKS,
  connections: 20,
  amount: 400,
  rounds: 12,
  isWhole: isWholeStream,
};

export const PACED_CASE: Case = {
  name: 'sse-paced',
  title: `SSE at a pace (${CHUNKS} chunks, one each 20 ms, 100 streams at once)`,
  body: body(true, { chunks: CHUNKS, delayMs: 20 }),
  chunks: CHUNKS,
  connections: 100,
  amount: 100,
  rounds: 6,
  isWhole: isWholeStream,
};
