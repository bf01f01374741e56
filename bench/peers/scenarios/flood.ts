import { Load } from '../load/load.ts';
import type { RequestsOrder } from '../load/orders.ts';
import { type OursArm, startOurs } from './arms.ts';
import { probe, targetOf } from './asking.ts';
import { JSON_MODE, jsonOrder } from './json.ts';
import { measure, type Work } from './measure.ts';
import { scenario } from './work.ts';

/** Far above every key that there is. */
const FROM = 1_000_000_000;
const CONNECTIONS = 50;
/** Of good requests, a second. */
const GOOD_RATE = 500;
const MISSES = /^apipod_cache_lookups_total\{cache="users",result="miss"\} (\d+)$/m;
const FLOODS = [
  { label: 'all different', count: 1_000_000_000 },
  { label: '1,000 again and again', count: 1_000 },
] as const;

/** Requests with keys that nobody has: what each costs, and what the clients with good ones feel of it. */
export const flood = scenario(
  'bad-keys',
  'A flood of unknown keys, and good requests beside it',
  async (work) => {
    const { bench, sheet } = work;
    const [seconds, rounds] = bench.quick ? [1, 1] : [2, 5];
    await bench.upstream.setMode(JSON_MODE);
    const arm = await startOurs(bench.upstream);
    const flooding = new Load();
    try {
      const good = await jsonOrder(arm, { seconds, rate: GOOD_RATE });
      await work.load.run(good);
      const calm: number[] = [];
      for (let i = 0; i < rounds; i++) calm.push((await work.load.run(good)).end.p99);
      sheet.add(arm, 'p99 of good requests, no flood', 'ms', calm);
      for (const { label, count } of FLOODS)
        await run(work, arm, flooding, { label, count, seconds, rounds, good });
    } finally {
      await Promise.all([flooding.stop(), arm.stop()]);
    }
  },
);

interface Flood {
  readonly label: string;
  /** Of keys. */
  readonly count: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly good: RequestsOrder;
}

async function run(work: Work, arm: OursArm, flooding: Load, flood: Flood): Promise<void> {
  const { label, count, seconds, rounds, good } = flood;
  const bad = await badOrder(arm, count, seconds);
  const figures = {
    micros: [] as number[],
    database: [] as number[],
    queries: [] as number[],
    p99: [] as number[],
  };
  for (let i = 0; i < rounds; i++) {
    const queries = await lookUps(arm);
    const alone = await measure(work, arm, () => flooding.run(bad), [flooding]);
    const { sent, bad: wrong } = alone.result;
    if (wrong > 0) throw new Error(`${wrong} of ${sent} unknown keys were not refused with 401`);
    figures.micros.push(alone.cpuMicros / sent);
    figures.database.push(alone.databaseMicros / sent);
    figures.queries.push(((await lookUps(arm)) - queries) / sent);
    const [served] = await Promise.all([work.load.run(good), flooding.run(bad)]);
    if (served.bad > 0) throw new Error(`${served.bad} of ${served.sent} good requests failed in the flood`);
    figures.p99.push(served.end.p99);
  }
  sheet(work, arm, label, figures);
}

function sheet(
  { sheet }: Work,
  arm: OursArm,
  label: string,
  figures: Record<'micros' | 'database' | 'queries' | 'p99', number[]>,
): void {
  sheet.add(arm, `CPU a refused request, ${label}`, 'µs', figures.micros);
  sheet.add(arm, `database CPU a refused request, ${label}`, 'µs', figures.database);
  sheet.add(arm, `queries a refused request, ${label}`, 'calls', figures.queries);
  sheet.add(arm, `p99 of good requests, ${label}`, 'ms', figures.p99);
}

async function badOrder(arm: OursArm, count: number, seconds: number): Promise<RequestsOrder> {
  const target = targetOf(arm);
  const unknown = { ...target, headers: { ...target.headers, authorization: 'Bearer apk_nobody' } };
  const expected = { status: 401, bytes: await probe(unknown, 401) };
  const keys = { count, from: FROM, choice: 'uniform' } as const;
  return { kind: 'requests', target, connections: CONNECTIONS, seconds, keys, expected };
}

/** Questions to the database about tokens, so far: by the gateway's own count of look-ups that memory could not answer. */
async function lookUps({ url }: OursArm): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(MISSES.exec(text)?.[1] ?? 0);
}
