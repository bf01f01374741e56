import type { PeerArm } from '../arm.ts';
import { EMPTY, OURS, type OursArm, withArms } from './arms.ts';
import { probeStream, targetOf } from './asking.ts';
import { measure, poll, rotate, valuesOf, type Work } from './measure.ts';
import { connectionsTo } from './proc.ts';
import { scenario } from './work.ts';

const EVENTS = 10;
const RATE = 200;
const STREAM = { kind: 'sse', chunks: 200, intervalMs: 5 } as const;
/** An upstream has to hear at once that nobody reads any more; a connection that was kept idle may last 4 s. */
const CLOSE_TIMEOUT_MS = 6_000;
const ROWS_TIMEOUT_MS = 5_000;

/** Clients that leave in mid-stream: what one costs, and whether the upstream and the books hear of it. */
export const aborts = scenario(
  'aborts',
  `${RATE} clients a second that leave after ${EVENTS} chunks`,
  async (work) => {
    const [seconds, rounds] = work.bench.quick ? [1, 1] : [2, 5];
    await work.bench.upstream.setMode(STREAM);
    await withArms(work.bench, work.sheet, ['nginx', 'haproxy', EMPTY, OURS, 'nodeHttp'], async (arms) => {
      for (const arm of arms) await probeStream(targetOf(arm, true), STREAM.chunks);
      const results = await rotate(arms, rounds, (arm) => leave(work, arm, seconds));
      for (const arm of arms) {
        const all = results.get(arm)!;
        work.sheet.add(
          arm,
          'CPU a client that leaves',
          'µs',
          valuesOf(all, ({ perClient }) => perClient),
        );
        work.sheet.add(
          arm,
          'upstream connections that stay',
          'calls',
          all.map(({ stay }) => stay),
        );
        work.sheet.add(
          arm,
          'load core busy',
          '%',
          all.map(({ loadBusyPercent }) => loadBusyPercent),
        );
      }
    });
  },
  'nginx',
);

async function leave(work: Work, arm: PeerArm, seconds: number) {
  const { bench, load } = work;
  const port = Number(new URL(bench.upstream.url).port);
  const connectionsBefore = connectionsTo(port);
  const rowsBefore = await abortedRows(arm);
  const target = targetOf(arm, true);
  const measured = await measure(work, arm, () =>
    load.run({ kind: 'leave', target, rate: RATE, seconds, events: EVENTS }),
  );
  const { left, failed } = measured.result;
  if (failed > 0) throw new Error(`${arm.name}: ${failed} streams ended before ${EVENTS} chunks`);
  const open = () => Math.max(0, connectionsTo(port) - connectionsBefore);
  const stay = await poll(open, (count) => count === 0, CLOSE_TIMEOUT_MS);
  if (rowsBefore !== undefined) {
    const rows = async () => (await abortedRows(arm))! - rowsBefore;
    const written = await poll(rows, (count) => count === left, ROWS_TIMEOUT_MS);
    if (written !== left) throw new Error(`${arm.name}: ${left} clients left, but ${written} rows say so`);
  }
  return { ...measured, stay, perClient: measured.cpuMicros / left };
}

/** Undefined where there are no books. */
async function abortedRows(arm: PeerArm & Partial<Pick<OursArm, 'query'>>): Promise<number | undefined> {
  if (arm.query === undefined) return undefined;
  const sql = `SELECT count(*)::int AS rows FROM usage_logs WHERE outcome = 'client_aborted'`;
  return (await arm.query<{ rows: number }>(sql))[0]!.rows;
}
