// The database is away for as long as the command line says, under load, and the gateway's memory is watched.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Case } from '../case.ts';
import type { Rig } from '../rig.ts';

const SAMPLE_INTERVAL_MS = 500;
/** Caches run out many times over. */
const CACHE_TTL_MS = 500;
const CLIENT_PAUSE_MS = 50;
const GROWTH_MAX = 1.3;
/** What a garbage collector may leave lying about, whatever the load. */
const GROWTH_SLACK_BYTES = 50_000_000;
const MB = 1_000_000;

/** Of the primary and its workers. */
function residentBytes(rig: Rig): number {
  const pids = [rig.program.pid, ...rig.workers];
  return pids.reduce((sum, pid) => {
    const [, kibibytes = '0'] =
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return sum + Number(kibibytes) * 1_024;
  }, 0);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

export const OUTAGE_CASES: readonly Case[] = [
  {
    name: 'outage',
    fault: 'PostgreSQL away for long (`--minutes`), under load',
    expected: 'no request fails; memory stays flat',
    pauseMs: CLIENT_PAUSE_MS,
    share: 0.5,
    prepare: () => ({ CACHE_TTL_MS: String(CACHE_TTL_MS) }),
    async act({ rig, load, outageMs, note }) {
      const before = load.sent.length;
      const samples: number[] = [];
      await rig.server.stop();
      const deadline = performance.now() + outageMs;
      while (performance.now() < deadline) {
        await pause(SAMPLE_INTERVAL_MS);
        samples.push(residentBytes(rig));
      }
      const asked = load.sent.slice(before);
      const failed = asked.filter(({ end }) => end !== 'whole').length;
      await rig.server.start();
      const third = Math.ceil(samples.length / 3);
      const [first, last] = [mean(samples.slice(0, third)), mean(samples.slice(-third))];
      const [firstMb, lastMb] = [first, last].map((bytes) => Math.round(bytes / MB));
      note(
        `away for ${Math.round(outageMs / 1_000)} s: ${asked.length} requests of a known key, ${failed} failed; ` +
          `resident memory of all processes ${firstMb} MB in the first third, ${lastMb} MB in the last`,
      );
      if (last > first * GROWTH_MAX + GROWTH_SLACK_BYTES) throw new Error('memory grows');
    },
  },
];
