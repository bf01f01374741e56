import { maybeSigned } from '../../src/core/translate/signature.ts';
import { type MicroResult, measure } from './micro.ts';

const TIMES = 2_000;
const WORDS = 'The quick brown "fox" jumps\\n over the lazy dog. ';
const BODY_BYTES = 400_000;
/** A mark that begins with what every string begins with. */
const FREQUENT = Buffer.from('"apipod.');

/** What it costs each relayed request to be looked through for the gateway's own signatures. */
export async function mark(share: number): Promise<MicroResult> {
  const content = WORDS.repeat(BODY_BYTES / WORDS.length);
  const body = Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }));
  const repeat = (search: () => boolean) => (times: number) => {
    for (let i = 0; i < times; i++) if (search()) throw new Error('there is no mark in it');
  };
  return {
    name: 'mark',
    claim:
      'a request of 400 KB searched for a mark that begins with a rare character (`core/translate/signature.ts`), against one that begins with a quote',
    unit: 'µs a request',
    ...(await measure(
      TIMES * share,
      repeat(() => maybeSigned(body)),
      repeat(() => body.includes(FREQUENT)),
    )),
  };
}
