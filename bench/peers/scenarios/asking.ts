import type { PeerArm } from '../arm.ts';
import type { Target } from '../load/orders.ts';

const CONTENT = /"content":"[^"]/g;
const END = 'data: [DONE]\n\n';

/** Requests for a chat completion. */
export function targetOf({ url, headers, model }: PeerArm, stream = false): Target {
  return {
    url: `${url}/v1/chat/completions`,
    headers: { ...headers, 'content-type': 'application/json', accept: '*/*' },
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content: 'Say something.' }],
      // Asked for, so that the gateway passes on the same events as all others.
      ...(stream && { stream, stream_options: { include_usage: true } }),
    }),
  };
}

/** @throws if the answer has another status. @returns the bytes of the body */
export async function probe(target: Target, status = 200): Promise<number> {
  const { url, headers, body } = target;
  const response = await fetch(url, { method: 'POST', headers, body });
  const bytes = (await response.arrayBuffer()).byteLength;
  if (response.status !== status) throw new Error(`${url} answers ${response.status}, not ${status}`);
  return bytes;
}

/** @throws if it is no whole stream of so many content chunks. @returns its events, the end mark included */
export async function probeStream({ url, headers, body }: Target, chunks: number): Promise<number> {
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  const seen = text.match(CONTENT)?.length;
  if (response.status !== 200 || seen !== chunks || !text.endsWith(END)) {
    throw new Error(
      `${url} does not stream as it should: ${response.status}, ${seen} chunks, ${text.slice(-200)}`,
    );
  }
  return text.split('\n\n').length - 1;
}
