import type { ArmKind, ArmUpstream, PeerArm } from './arm.ts';
import { peers } from './arms/index.ts';
import { ours } from './ours.ts';

/** What ratios are told by. */
export const REFERENCE = 'nginx';
/** The reference, started once more: how much two arms differ that do not. */
export const TWIN = 'nginx again';

/** Every arm that there is, in the order of the tables. */
export const kinds: readonly ArmKind[] = [...peers, ...ours];

/** Those of the names that are wanted, with the reference's twin after it. */
export function choose(all: readonly ArmKind[], names: readonly string[]): ArmKind[] {
  return all.flatMap((kind) => {
    if (!names.includes(kind.name)) return [];
    return kind.name === REFERENCE ? [kind, twinOf(kind)] : [kind];
  });
}

function twinOf(kind: ArmKind): ArmKind {
  return {
    name: TWIN,
    start: async (upstream) => ({ ...(await kind.start(upstream)), name: TWIN }),
  };
}

export interface Missing {
  readonly arm: string;
  readonly reason: string;
}

/** Starts them one after the other, runs, and stops all of them whatever happens. */
export async function withArms<T>(
  wanted: readonly ArmKind[],
  upstream: ArmUpstream,
  run: (arms: readonly PeerArm[], missing: Missing[]) => Promise<T>,
): Promise<T> {
  const arms: PeerArm[] = [];
  const missing: Missing[] = [];
  try {
    for (const kind of wanted) {
      try {
        arms.push(await kind.start(upstream));
      } catch (thrown) {
        missing.push({ arm: kind.name, reason: reasonOf(thrown) });
      }
    }
    return await run(arms, missing);
  } finally {
    await Promise.all(arms.map((arm) => arm.stop()));
  }
}

/** One line. */
export function reasonOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.replaceAll(/\s+/g, ' ').slice(0, 400);
}
