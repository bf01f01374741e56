// The micro cases, as a program: each message (`{ share }` of the usual work) is answered with their results.
import { id } from './id.ts';
import { ledger } from './ledger.ts';
import type { MicroResult } from './micro.ts';
import { relay } from './relay.ts';

const upstreamUrl = process.argv[2]!;

process.on('message', async ({ share }: { share: number }) => {
  const results: MicroResult[] = [await id(share), await ledger(share), await relay(share, upstreamUrl)];
  process.send!(results);
});
