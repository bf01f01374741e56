import { Roster } from '../../src/core/roster.ts';
import { JSON_CASE } from '../case.ts';
import { exchanges } from './exchanges.ts';
import { type MicroResult, measure } from './micro.ts';

const TIMES = 40_000;

/** What it costs an exchange to be in a roster, or in a Set, while it is open. */
export async function roster(share: number, upstreamUrl: string): Promise<MicroResult> {
  const [ours, other] = [
    await exchanges(JSON_CASE, upstreamUrl, 'bare', new Roster()),
    await exchanges(JSON_CASE, upstreamUrl, 'bare', new Set()),
  ];
  return {
    name: 'roster',
    claim: 'an exchange, without sockets, in a roster of the open ones (`core/roster.ts`), against a Set',
    unit: 'µs a request',
    ...(await measure(TIMES * share, ours, other)),
  };
}
