import { type Dispatcher, request } from 'undici';
import type { Kind } from './kinds.ts';

/** How a request ended, as its client saw it. */
export type End =
  /** Read to its proper end: `[DONE]`, `message_stop`, a whole JSON document. */
  | 'whole'
  /** An error status with its body. */
  | 'error'
  /** The answer began, and was not whole. */
  | 'cut'
  /** The connection broke before there was an answer. */
  | 'unanswered'
  /** Nothing came for too long. */
  | 'timeout'
  /** The client left, as it was to. */
  | 'left'
  /** Nobody listened: the request was never sent. */
  | 'refused';

export interface Sent {
  /** The `x-request-id` of the client; no two requests share one. */
  readonly id: string;
  readonly kind: Kind;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly end: End;
  /** 0: there was no answer. */
  readonly status: number;
  /** What the client was told, where it was no success. */
  readonly words: string;
}

const TIMEOUT_MS = 45_000;
const LEAVES_AFTER_MS = 60;
/** Enough of the end of a stream to see how it ends. */
const TAIL_CHARS = 400;
const WORDS_CHARS_MAX = 300;
/** The event before the last one, in either dialect. */
const LAST_CHUNK = /"finish_reason":\s*"|event: message_delta/;
const ENDS = { '/v1/chat/completions': 'data: [DONE]\n\n', '/v1/messages': '"message_stop"' };

/** Sends one request and sees what comes of it. Never rejects. */
export async function send(
  url: string,
  token: string,
  id: string,
  kind: Kind,
  dispatcher: Dispatcher,
): Promise<Sent> {
  const startedAt = performance.now();
  const done = (end: End, status: number, words = ''): Sent => {
    return { id, kind, startedAt, endedAt: performance.now(), end, status, words };
  };
  const leaving = kind.leaves === 'before-head' ? AbortSignal.timeout(LEAVES_AFTER_MS) : undefined;
  let status = 0;
  try {
    const response = await request(url + kind.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'x-request-id': id },
      body: kind.body,
      dispatcher,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      ...(leaving && { signal: leaving }),
    });
    status = response.statusCode;
    if (status !== 200 || !kind.stream) {
      const text = await response.body.text();
      if (status !== 200) return done('error', status, text.slice(0, WORDS_CHARS_MAX));
      return isWhole(text) ? done('whole', status) : done('cut', status, text.slice(-WORDS_CHARS_MAX));
    }
    let tail = '';
    for await (const chunk of response.body) {
      tail = (tail + String(chunk)).slice(-TAIL_CHARS);
      if (kind.leaves === 'mid-stream' || (kind.leaves === 'last-chunk' && LAST_CHUNK.test(tail))) {
        response.body.destroy();
        return done('left', status);
      }
    }
    return tail.includes(ENDS[kind.path]) ? done('whole', status) : done('cut', status, tail);
  } catch (error) {
    if (leaving?.aborted) return done('left', status);
    const { code = '', message } = error as { readonly code?: string; readonly message: string };
    if (code === 'ECONNREFUSED') return done('refused', 0);
    if (code.endsWith('TIMEOUT')) return done('timeout', status, message);
    return done(status === 0 ? 'unanswered' : 'cut', status, message);
  }
}

function isWhole(text: string): boolean {
  try {
    return (JSON.parse(text) as { usage?: unknown }).usage !== undefined;
  } catch {
    return false;
  }
}
