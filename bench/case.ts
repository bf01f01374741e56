import { type Script, scriptText } from '../sim/script.ts';
import type { Arm } from './arm.ts';

/** One kind of request, as all arms are sent it. */
export interface Case {
  readonly name: string;
  readonly title: string;
  readonly stream: boolean;
  /** What the upstream answers. */
  readonly script: Script;
  /** Content chunks of its answer; 1 for one that is no stream. */
  readonly chunks: number;
  readonly connections: number;
  /** Requests in one round. Many short rounds side by side stand noise better than a few long ones. */
  readonly amount: number;
  readonly rounds: number;
}

const CHUNKS = 100;
const JSON_BYTES = 1_024;
const MAX_TOKENS = 1_000;

export const JSON_CASE: Case = {
  name: 'json',
  title: `Small JSON (answer of ${JSON_BYTES} bytes, 50 connections)`,
  stream: false,
  script: { answerBytes: JSON_BYTES },
  chunks: 1,
  connections: 50,
  amount: 8_000,
  rounds: 12,
};

export const LIGHT_CASE: Case = {
  ...JSON_CASE,
  name: 'json-light',
  title: 'Small JSON, one after the other (1 connection)',
  connections: 1,
  amount: 1_000,
  rounds: 6,
};

export const BURST_CASE: Case = {
  name: 'sse-burst',
  title: `SSE in a burst (${CHUNKS} chunks, each in an HTTP chunk of its own, 20 connections)`,
  stream: true,
  script: { chunks: CHUNKS },
  chunks: CHUNKS,
  connections: 20,
  amount: 400,
  rounds: 12,
};

export const PACED_CASE: Case = {
  name: 'sse-paced',
  title: `SSE at a pace (${CHUNKS} chunks, one each 20 ms, 100 streams at once)`,
  stream: true,
  script: { chunks: CHUNKS, delayMs: 20 },
  chunks: CHUNKS,
  connections: 100,
  amount: 100,
  rounds: 6,
};

/** The request of a case to an arm, in the words of its API. */
export function bodyOf({ stream, script }: Case, { api, model }: Pick<Arm, 'api' | 'model'>): string {
  return JSON.stringify({
    model,
    messages: [{ role: 'user', content: scriptText(script) }],
    ...(api === 'messages' && { max_tokens: MAX_TOKENS }),
    ...(stream && { stream }),
  });
}

/** What each content chunk holds once, and nothing else does; and how a whole stream ends. */
const STREAMS = {
  chat: { chunk: /"content":"[^"]/g, end: 'data: [DONE]\n\n' },
  messages: { chunk: /"text_delta"/g, end: 'data: {"type":"message_stop"}\n\n' },
};

/** Whether this is a whole answer. */
export function isWhole({ stream, chunks }: Case, { api, translates }: Arm, text: string): boolean {
  if (!stream) return translates ? JSON.parse(text).usage !== undefined : text.length === JSON_BYTES;
  const { chunk, end } = STREAMS[api];
  return text.match(chunk)?.length === chunks && text.endsWith(end);
}
