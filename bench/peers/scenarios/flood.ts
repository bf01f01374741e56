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
    const [seconds, rounds] = bench.quick ? [1, 1] : [5, 5];
    await bench.upstream.answer(JSON_MODE);
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
    const { result } = await measure(work, arm, () => flooding.run(bad), [flooding]);
    if (result.bad > 0)
      throw new Error(`${result.bad} of ${result.sent} unknown keys were not refused with 401`);
    const queries = await transactions(arm);
    const alone = await measure(work, arm, () => flooding.run(bad), [flooding]);
    figures.micros.push(alone.cpuMicros / alone.result.sent);
    figures.database.push(alone.databaseMicros / alone.result.sent);
    figures.queries.push(((await transactions(arm)) - queries) / alone.result.sent);
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

/** Of its database, so far; each query of the gateway is one. PostgreSQL counts with a delay of up to a second. */
async function transactions(arm: OursArm): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const sql = `SELECT xact_commit::float8 AS count FROM pg_stat_database WHERE datname = current_database()`;
  return (await arm.query<{ count: number }>(sql))[0]!.count;
}
