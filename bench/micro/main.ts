// The micro cases, as a program: each message (`{ share }` of the usual work) is answered with their results.
import { BURST_CASE, JSON_CASE } from '../case.ts';
import { chain } from './chain.ts';
import { client } from './client.ts';
import { directory } from './directory.ts';
import { id } from './id.ts';
import { journal } from './journal.ts';
import { ledger } from './ledger.ts';
import { mark } from './mark.ts';
import { meter } from './meter.ts';
import type { MicroResult } from './micro.ts';
import { pattern } from './pattern.ts';
import { relay } from './relay.ts';
import { roster } from './roster.ts';
import { scrape } from './scrape.ts';

const upstreamUrl = process.argv[2]!;

process.on('message', async ({ share }: { share: number }) => {
  const results: MicroResult[] = [
    await chain(share, JSON_CASE, upstreamUrl),
    await chain(share, BURST_CASE, upstreamUrl),
    await client(share, JSON_CASE, upstreamUrl),
    await client(share, BURST_CASE, upstreamUrl),
    ...(await directory(share)),
    await id(share),
    await journal(share),
    await ledger(share),
    await mark(share),
    await meter(share),
    ...(await pattern(share, upstreamUrl)),
    await relay(share, upstreamUrl),
    await roster(share, upstreamUrl),
    await scrape(share),
  ];
  process.send!(results);
});
