import type { PeerArm } from './arm.ts';

/** One request, as every arm is sent it. */
export interface Ask {
  /** With the path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Prompt {
  /** Of the whole request, at least. */
  readonly bytes: number;
  readonly stream: boolean;
}

/** An arm, or the upstream itself. */
type Asked = Pick<PeerArm, 'url' | 'headers' | 'model'>;

export function askOf({ url, headers, model }: Asked, { bytes, stream }: Prompt): Ask {
  const body = (content: string): string =>
    JSON.stringify({
      model,
      messages: [{ role: 'user', content }],
      // Asked for, so that all arms, ours too, have the same events to pass on.
      ...(stream && { stream, stream_options: { include_usage: true } }),
    });
  const content = 'Say something about the weather. '.repeat(Math.ceil(bytes / 33));
  return {
    url: `${url}/v1/chat/completions`,
    headers: { ...headers, 'content-type': 'application/json', accept: '*/*' },
    body: body(content.slice(0, Math.max(1, bytes - body('').length))),
  };
}

/** What must be the same in all arms. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  /** JSON: the body. A stream: what its chunks say, in order, and whether it came to its end. */
  readonly content: string;
}

export async function fetchAnswer({ url, headers, body }: Ask): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
  const [type = ''] = (response.headers.get('content-type') ?? '').split(/\s*;/, 1);
  const text = await response.text();
  return {
    status: response.status,
    type,
    content: type === 'text/event-stream' ? streamContent(text) : jsonContent(text),
  };
}

/** Without white space and with its keys sorted, so that an arm that parses and prints again is not blamed for that. */
function jsonContent(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), (_, value: unknown) => (isRecord(value) ? sorted(value) : value));
  } catch {
    return text;
  }
}

/** The text of each chunk that has any, and the end mark: comments, ids and the usage chunk may differ. */
export function streamContent(text: string): string {
  const data = Array.from(text.matchAll(/^data: ?(.*)$/gm), ([, value]) => value!);
  const contents = data.map((value) => {
    if (value === '[DONE]') return value;
    const { choices } = JSON.parse(value) as { choices?: { delta?: { content?: string } }[] };
    return choices?.[0]?.delta?.content;
  });
  return JSON.stringify(contents.filter((content) => content !== undefined && content !== ''));
}

/** @throws with what differs */
export function checkEqual(arm: string, answer: Answer, expected: Answer): void {
  for (const field of ['status', 'type', 'content'] as const) {
    if (answer[field] === expected[field]) continue;
    const [got, wanted] = [answer[field], expected[field]].map((value) => String(value).slice(0, 300));
    throw new Error(`${arm} answers with another ${field} than the upstream: ${got}, not ${wanted}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
