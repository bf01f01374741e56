// Processes of the gateway die, stand still, or are told to go.
import { setTimeout as pause } from 'node:timers/promises';
import { poll } from '../../test/fixtures/poll.ts';
import { isAlive } from '../../test/fixtures/program.ts';
import type { Evidence } from '../books.ts';
import type { Case, Scene } from '../case.ts';
import { preload } from '../preload/preload.ts';
import type { Rig } from '../rig.ts';

const STUCK_TIMEOUT_MS = 1_500;
const HALT_MS = 2_000;
const BETWEEN_MS = 1_200;
const HEAP_MB = 128;

/** Until the gateway has as many workers as it should. */
const complete = (rig: Rig): Promise<true> =>
  poll('all workers', () => (rig.workers.length === 2 ? true : undefined));

const death = (pid: number): Promise<true> =>
  poll(`the end of ${pid}`, () => (isAlive(pid) ? undefined : true));

async function several({ rounds }: Scene, commit: () => Promise<void>): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    if (round > 0) await pause(BETWEEN_MS);
    await commit();
  }
}

/** One worker died: some streams that were open must have come through whole, on the other. */
function othersLive({ sent }: Evidence): string[] {
  const cutAt = sent.find(({ end, kind }) => end === 'cut' && kind.name === 'paced')?.endedAt;
  if (cutAt === undefined) return ['no stream was cut: the fault did not bite'];
  const open = sent.filter(({ kind, startedAt, endedAt }) => {
    return kind.name === 'paced' && startedAt < cutAt - 20 && endedAt > cutAt + 20;
  });
  return open.some(({ end }) => end === 'whole') ? [] : ['streams of the healthy worker were cut'];
}

export const PROCESS_CASES: readonly Case[] = [
  {
    name: 'worker-kill',
    fault: 'worker, kill -9',
    expected: 'its streams are booked as crashed; the others go on',
    tolerance: { kills: true },
    short: true,
    act: (scene) =>
      several(scene, async () => {
        await complete(scene.rig);
        const [victim] = scene.rig.workers;
        process.kill(victim!, 'SIGKILL');
        await death(victim!);
      }),
    check: othersLive,
  },
  {
    name: 'workers-kill',
    fault: 'all workers, kill -9',
    expected: 'open streams are booked as crashed; new workers serve',
    tolerance: { kills: true },
    act: (scene) =>
      several(scene, async () => {
        await complete(scene.rig);
        const victims = scene.rig.workers;
        for (const pid of victims) process.kill(pid, 'SIGKILL');
        await Promise.all(victims.map(death));
      }),
  },
  {
    name: 'primary-kill',
    fault: 'primary, kill -9, then started again',
    expected: 'open streams end whole; the next start books all',
    tolerance: { restarts: true, statuses: [503] },
    short: true,
    act: ({ rig, ...scene }) =>
      several({ rig, ...scene }, async () => {
        rig.program.signal('SIGKILL');
        await rig.program.exited;
        await rig.start();
      }),
  },
  {
    name: 'everything-kill',
    fault: 'primary and all workers, kill -9, then started again',
    expected: 'open streams are booked as crashed by the next start',
    tolerance: { kills: true },
    short: true,
    act: ({ rig, ...scene }) =>
      several({ rig, ...scene }, async () => {
        await rig.killAll();
        await rig.start();
      }),
  },
  {
    name: 'worker-stuck',
    fault: 'worker, SIGSTOP, until it is replaced',
    expected: 'killed after its time; its streams are booked as crashed',
    tolerance: { kills: true },
    prepare: () => ({ WORKER_HEARTBEAT_TIMEOUT_MS: String(STUCK_TIMEOUT_MS) }),
    async act({ rig }) {
      const [victim] = rig.workers;
      process.kill(victim!, 'SIGSTOP');
      await death(victim!);
      await complete(rig);
    },
    check: othersLive,
  },
  {
    name: 'worker-halt',
    fault: 'worker, SIGSTOP, and SIGCONT in time',
    expected: 'nothing is cut, nothing crashed',
    async act({ rig }) {
      const [victim] = rig.workers;
      process.kill(victim!, 'SIGSTOP');
      await pause(HALT_MS);
      process.kill(victim!, 'SIGCONT');
    },
  },
  {
    name: 'worker-memory',
    fault: 'worker out of memory',
    expected: 'as kill -9',
    tolerance: { kills: true },
    prepare: () => ({ NODE_OPTIONS: `--max-old-space-size=${HEAP_MB} ${preload('memory')}` }),
    async act({ rig }) {
      const [victim] = rig.workers;
      process.kill(victim!, 'SIGUSR2');
      await death(victim!);
      await complete(rig);
    },
    check: othersLive,
  },
  {
    name: 'sigterm',
    fault: 'SIGTERM in mid-stream, then started again',
    expected: 'open streams end whole; exit code 0',
    tolerance: { restarts: true, statuses: [503] },
    short: true,
    async act({ rig }) {
      const { code, signal } = await rig.stop();
      if (code !== 0) throw new Error(`it ended with ${code ?? signal}`);
      await rig.start();
    },
  },
];
