import { Roster } from '../../src/core/roster.ts';
import type { Case } from '../case.ts';
import { exchanges, TURN } from './exchanges.ts';
import { type MicroResult, measure } from './micro.ts';

const TIMES = 20_000;

/** What one exchange costs in CPU between the two sockets: with all plugins, and with the relay alone. */
export async function chain(share: number, spec: Case, upstreamUrl: string): Promise<MicroResult> {
  const figures = await measure(
    Math.round((TIMES * share) / spec.chunks / TURN) * TURN,
    await exchanges(spec, upstreamUrl, 'full', new Roster()),
    await exchanges(spec, upstreamUrl, 'bare', new Roster()),
  );
  return {
    name: 'chain',
    claim: `${spec.name}: what runs between the two sockets, with all plugins, against the relay alone`,
    unit: 'µs a request',
    ...figures,
  };
}
