// How many system calls a request and a chunk cost with everything on: primary, worker, journal, database. Requests
// follow each other, and chunks too, as fast as they are answered: the figures do not depend on the speed of the machine.
import t, { type Test } from 'tap';
import { type Gateway, MODEL_ON, startGateway } from '../fixtures/gateway.ts';
import { type CallBudget, SYSTEM_CALLS } from '../fixtures/guards/budgets.ts';
import { held } from '../fixtures/guards/held.ts';
import { Loader } from '../fixtures/guards/load.ts';
import { Lockstep } from '../fixtures/guards/lockstep.ts';
import { type SystemCalls, sumOf, Trace, whyNoTrace } from '../fixtures/guards/strace.ts';
import { poll } from '../fixtures/poll.ts';

const CONNECTIONS = 10;
const WARM_UP_REQUESTS = 500;
const REQUESTS = 2_000;
const STREAMS = 30;
const CHUNKS = 100;
/** What is done by the clock belongs to no request, and counts for more on a slow machine. */
const RARELY = { JOURNAL_SYNC_INTERVAL_MS: '60000', USAGE_FLUSH_INTERVAL_MS: '1000' };
/** Waits, and what V8 does to its memory: neither is as often as the code says. */
const WAITS = new Set(['epoll_pwait', 'epoll_wait', 'futex', 'madvise', 'mmap', 'mprotect', 'munmap', 'brk']);
/** Of a system call that is worth a word. */
const SHARE_MIN = 0.005;

const skip = (await whyNoTrace()) ?? false;

t.test('system calls', { skip }, async (t) => {
  const upstream = await Lockstep.start(t);
  const gateway = await startGateway(t, {
    env: { ...RARELY, WORKERS: '1', LOG_LEVEL: 'info', UPSTREAM_GHCP_URL: upstream.url },
  });
  const load = {
    url: gateway.url,
    token: await gateway.createKey('cursor-pro-sonnet'),
    model: MODEL_ON.ghcp,
  };
  const one = new Loader({ ...load, connections: 1 });
  const ten = new Loader({ ...load, connections: CONNECTIONS });
  for (const loader of [one, ten]) {
    await loader.requests(WARM_UP_REQUESTS);
    await loader.streams(STREAMS, CHUNKS, upstream);
  }
  let rows = 2 * (WARM_UP_REQUESTS + STREAMS);

  const requests = (loader: Loader, budget: CallBudget) => async (t: Test) => {
    const calls = await traced(gateway, rows, REQUESTS, () => loader.requests(REQUESTS));
    rows += REQUESTS;
    check(t, 'a request', calls, REQUESTS, budget);
  };
  const chunks = (loader: Loader, budget: CallBudget) => async (t: Test) => {
    const calls = await traced(gateway, rows, STREAMS, () => loader.streams(STREAMS, CHUNKS, upstream));
    rows += STREAMS;
    check(t, 'a chunk', calls, STREAMS * CHUNKS, budget);
  };
  await t.test('requests, one connection', requests(one, SYSTEM_CALLS.request));
  await t.test('chunks, one stream', chunks(one, SYSTEM_CALLS.chunk));
  await t.test(`requests, ${CONNECTIONS} connections`, requests(ten, SYSTEM_CALLS.requestOfTen));
  await t.test(`chunks, ${CONNECTIONS} streams`, chunks(ten, SYSTEM_CALLS.chunkOfTen));
  await Promise.all([one.close(), ten.close()]);
});

interface Calls {
  readonly worker: SystemCalls;
  readonly primary: SystemCalls;
}

/** @param before usage rows of all that was sent @param more those of what `run` sends */
async function traced(
  gateway: Gateway,
  before: number,
  more: number,
  run: () => Promise<void>,
): Promise<Calls> {
  await written(gateway, before);
  const pids = [gateway.workers[0]!, gateway.pid];
  const [worker, primary] = await Promise.all(pids.map((pid) => Trace.start(pid)));
  await run();
  const calls = await worker!.stop();
  await written(gateway, before + more);
  return { worker: calls, primary: await primary!.stop() };
}

async function written({ database }: Gateway, rows: number): Promise<void> {
  await poll(`${rows} usage rows`, async () => {
    const [found] = await database.query<{ rows: number }>('SELECT count(*)::int AS rows FROM usage_logs');
    return found!.rows === rows ? true : undefined;
  });
}

function check(t: Test, unit: string, { worker, primary }: Calls, times: number, budget: CallBudget): void {
  const all = sumOf(worker) / times;
  const waits = sumOf(new Map([...worker].filter(([name]) => WAITS.has(name)))) / times;
  t.ok(all > 1, 'they are seen');
  t.comment(`worker, ${unit}: ${all.toFixed(3)} in all: ${table(worker, times)}`);
  t.comment(`primary, ${unit}: ${table(primary, times)}`);
  held(t, `worker's work, ${unit}`, all - waits, budget.work);
  held(t, `worker's waits, ${unit}`, waits, budget.waits);
  held(t, `primary, ${unit}`, sumOf(primary) / times, budget.primary);
}

function table(calls: SystemCalls, times: number): string {
  return [...calls]
    .map(([name, count]) => [name, count / times] as const)
    .filter(([, share]) => share >= SHARE_MIN)
    .sort(([, a], [, b]) => b - a)
    .map(([name, share]) => `${name} ${share.toFixed(2)}`)
    .join(', ');
}
