// Random responses, right and wrong, cut anywhere, to both HTTP clients: they agree, or ours is the stricter one, in a
// way that is listed here. HTTP_FUZZ_CASES and HTTP_FUZZ_SEED make it longer, or another one.
import t from 'tap';
import type { Transport } from '../../../src/core/upstream/transport.ts';
import { seeded } from '../../fixtures/random.ts';
import { type RandomResponse, randomResponse } from '../../fixtures/random-response.ts';
import { type RawUpstream, settle, startRawUpstream } from '../../fixtures/raw-upstream.ts';
import { OPTIONS, TRANSPORTS } from '../../fixtures/transports.ts';

const CASES = Number(process.env.HTTP_FUZZ_CASES ?? 3_000);
const SEED = Number(process.env.HTTP_FUZZ_SEED ?? 1);
const LANES = 8;
/** Nobody reads more of them. */
const WRONG_MAX = 5;
const UNLISTED = 'not listed';
/** What has been seen once might be a matter of time. */
const CONFIRMATIONS = 2;

interface Outcome {
  readonly result: 'end' | 'busy' | 'connect' | 'protocol' | 'reset';
  readonly why: string;
  readonly status: number;
  readonly headers: string;
  readonly body: string;
  readonly reused: boolean;
}

let keys = 0;

async function outcome(
  transport: Transport,
  upstream: RawUpstream,
  response: RandomResponse,
): Promise<Outcome> {
  const key = keys++;
  upstream.answers.set(key, response);
  const written = upstream.written(key);
  let settled = false;
  const exchanged = exchange(transport, key).finally(() => {
    settled = true;
  });
  const socket = await written;
  await settle();
  if (!settled) socket.end();
  const { body, ...got } = await exchanged;
  await settle();
  const probe = keys++;
  const fine = await exchange(transport, probe);
  const reused = upstream.connections.get(probe) === upstream.connections.get(key);
  upstream.answers.delete(key);
  // On a connection that has been kept, nothing else than its own answer may come.
  if (fine.result !== 'end' || fine.body !== 'fine') return { ...got, body, reused, why: 'poisoned' };
  return { ...got, body, reused };
}

function exchange(transport: Transport, key: number): Promise<Omit<Outcome, 'reused'>> {
  return new Promise((resolve) => {
    const seen = { status: 0, headers: '', body: '' };
    transport.send(
      {
        method: 'POST',
        path: `/${key}`,
        headers: ['content-type', 'application/json'],
        body: [Buffer.from('{}')],
      },
      {
        onAttempt() {},
        onHead(status, headers) {
          seen.status = status;
          // undici leaves the blanks behind a value.
          seen.headers = headers.map((part) => part.trim()).join('\n');
        },
        onChunk(chunk) {
          seen.body += chunk.toString('latin1');
          return true;
        },
        onEnd: () => resolve({ ...seen, result: 'end', why: '' }),
        onFailed: ({ kind, cause }) =>
          resolve({ ...seen, result: kind, why: (cause as Error)?.message ?? '' }),
      },
    );
  });
}

const failed = ({ result }: Outcome): boolean => result !== 'end';
const sameAnswer = (one: Outcome, other: Outcome): boolean =>
  !failed(one) && !failed(other) && alike(one, other) && one.body === other.body;
const alike = (one: Outcome, other: Outcome): boolean =>
  one.status === other.status && one.headers === other.headers;
const overlap = (one: string, other: string): boolean => one.startsWith(other) || other.startsWith(one);

/** How ours may differ, besides failing where undici fails too. The text is all that the upstream sends. */
const DIFFERENCES: Readonly<Record<string, (ours: Outcome, theirs: Outcome, text: string) => boolean>> = {
  // Ours is stricter.
  'no HTTP/1.0 or HTTP/1.1': ({ why }, _, text) =>
    / a (status line|version) /.test(why) && /HTTP\/(0\.9|2\.0)/.test(text),
  'no empty line before a status line': ({ why }, _, text) =>
    why.includes(' a status line ') && /(^|\n)\r?\n/.test(text),
  'no other transfer coding, and none of HTTP/1.0': ({ why }) => why.includes(' a Transfer-Encoding '),
  'a body that is announced where none may be': ({ why }) => why.includes(' a body where none may be '),
  'a control character in the reason': ({ why }) => why.includes(' a byte in a line '),
  'a bare CR in the status line': ({ why }) => why.includes(' the end of a line '),
  'a reset is no end': ({ why }, theirs) => why.includes('ECONNRESET') && !failed(theirs),
  'no connection is kept with bytes behind the end, or beyond the shorter of two times': (ours, theirs) =>
    sameAnswer(ours, theirs) && theirs.reused,
  // What breaks off is looked at less closely.
  'a head that breaks off': ({ result, status }, theirs) =>
    result === 'reset' && status === 0 && failed(theirs),
  // Ours is kinder, where nothing hangs on it.
  // RFC 9110, section 15.2: a client must be able to parse interim responses that it does not expect.
  '100 is an interim response like others': (_, { why }, text) =>
    why === 'bad response' && /HTTP\/1\.[01] 100/.test(text),
  'trailers are dropped, whatever they are': (ours, { why }) =>
    !failed(ours) && why.includes("Content-Length can't be present with Transfer-Encoding"),
  'extensions of chunks are dropped, whatever they are': (ours, { why }) =>
    !failed(ours) && why.includes('chunk extensions'),
  // RFC 9110, section 5.6.3.
  'a tab behind a length is a blank': (ours, { why }, text) =>
    !failed(ours) && why.includes('content-length') && /Content-Length:\s*\d+ *\t/i.test(text),
  // RFC 9112, appendix C.2.2.
  'Proxy-Connection means nothing': (ours, theirs, text) =>
    sameAnswer(ours, theirs) && ours.reused && /Proxy-Connection: close/i.test(text),
};

/** @returns the name of the difference, '' if there is none that matters */
function difference(ours: Outcome, theirs: Outcome, text: string): string {
  if (ours.why === 'poisoned') return UNLISTED;
  if (failed(ours) && failed(theirs)) {
    // Behind the head the relay makes no difference between a reset and what is not HTTP.
    const headed = ours.status > 0 && alike(ours, theirs);
    const kinds = ours.result === theirs.result || ours.result === 'protocol' || headed;
    if (kinds && overlap(ours.headers, theirs.headers) && overlap(ours.body, theirs.body)) return '';
  } else if (sameAnswer(ours, theirs) && ours.reused === theirs.reused) return '';
  for (const [name, holds] of Object.entries(DIFFERENCES)) if (holds(ours, theirs, text)) return name;
  return UNLISTED;
}

const TIMEOUT_MS = 60_000 + CASES * 10;
t.setTimeout(TIMEOUT_MS);

t.test('random responses', { timeout: TIMEOUT_MS }, async (t) => {
  const upstream = await startRawUpstream();
  t.teardown(() => upstream.close());
  const random = seeded(SEED);
  const counts = new Map<string, number>();
  const wrong: object[] = [];
  let left = CASES;
  const lane = async (): Promise<void> => {
    const options = { ...OPTIONS, connectionsMax: 1 };
    const ours = new TRANSPORTS.apipod(upstream.origin, options);
    const theirs = new TRANSPORTS.undici(upstream.origin, options);
    while (left-- > 0 && wrong.length < WRONG_MAX) {
      const response = randomResponse(random);
      const text = Buffer.concat(response.pieces).toString('latin1');
      let name = '';
      let both: [Outcome, Outcome] | undefined;
      for (let i = 0; i <= CONFIRMATIONS; i++) {
        both = await Promise.all([outcome(ours, upstream, response), outcome(theirs, upstream, response)]);
        name = difference(...both, text);
        if (name !== UNLISTED) break;
      }
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if (name === UNLISTED)
        wrong.push({ text, ending: response.ending, ours: both?.[0], theirs: both?.[1] });
    }
    await Promise.all([ours.close(), theirs.close()]);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  t.same(wrong, []);
  t.ok((counts.get('') ?? 0) > CASES / 2, 'most are alike');
  t.comment(Object.fromEntries(counts));
});
