import { type FullArm, startBare, startFull } from '../../arm.ts';
import type { ArmKind, ArmUpstream, PeerArm } from '../arm.ts';
import { reasonOf } from '../kinds.ts';
import type { Bench } from '../scenario.ts';
import type { Work } from './measure.ts';
import type { Sheet } from './sheet.ts';

/** The whole gateway, with a way into its database. */
export interface OursArm extends PeerArm {
  databasePids(): readonly number[];
  query: FullArm['query'];
}

/** For streams by the thousand. */
const SETTINGS = { UPSTREAM_CONNECTIONS_MAX: '16384' };
export const OURS = 'ours';
export const EMPTY = 'ours, empty chain';

/** @param settings as in docs/config.md @param execArgv for Node, in the primary and in the worker */
export async function startOurs(
  upstream: ArmUpstream,
  settings: Readonly<Record<string, string>> = {},
  name = OURS,
  execArgv: readonly string[] = [],
): Promise<OursArm> {
  const full = await startFull(upstream.url, execArgv, undefined, { ...SETTINGS, ...settings });
  const { url, headers, model, engine } = full;
  return {
    name,
    version: engine,
    url,
    headers,
    model,
    pids: () => full.pids,
    databasePids: () => full.databasePids(),
    query: (sql) => full.query(sql),
    stop: () => full.stop(),
  };
}

/** The gateway as these scenarios need it, in place of what the other ones start by the same names. */
const own: readonly ArmKind[] = [
  { name: OURS, start: (upstream) => startOurs(upstream) },
  {
    name: EMPTY,
    async start(upstream) {
      const bare = await startBare(upstream.url, EMPTY, [], [], SETTINGS);
      return { ...bare, version: '', pids: () => bare.pids };
    },
  },
];

/** One arm after the other, all of them running; one that fails is left out. */
export async function forEachArm(
  { bench, load, sheet }: Work,
  names: readonly string[],
  run: (arm: PeerArm) => Promise<void>,
): Promise<void> {
  await withArms(bench, sheet, names, async (arms) => {
    for (const arm of arms) {
      try {
        await run(arm);
      } catch (error) {
        sheet.missing.push({ arm: arm.name, reason: reasonOf(error) });
        await load.run({ kind: 'release' });
      }
    }
  });
}

/** Starts those of the names that are wanted and can run here, one after the other, and stops all whatever happens. */
export async function withArms<T>(
  { kinds, upstream }: Bench,
  sheet: Sheet,
  names: readonly string[],
  run: (arms: readonly PeerArm[]) => Promise<T>,
): Promise<T> {
  const arms: PeerArm[] = [];
  try {
    for (const name of names) {
      const kind = own.find((kind) => kind.name === name) ?? kinds.find((kind) => kind.name === name);
      if (kind === undefined) continue;
      try {
        arms.push(await kind.start(upstream));
      } catch (error) {
        sheet.missing.push({ arm: name, reason: String(error) });
      }
    }
    return await run(arms);
  } finally {
    await Promise.all(arms.map((arm) => arm.stop()));
  }
}
