import { hash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LRUCache } from 'lru-cache';
import { readConfig } from '../../src/core/config/config.ts';
import type { Store } from '../../src/core/directory/cache.ts';
import { PostgresDirectory } from '../../src/core/directory/postgres.ts';
import type { UserEntry } from '../../src/core/directory/queries.ts';
import { UserStore } from '../../src/core/directory/users.ts';
import { spread } from '../statistics.ts';
import { type MicroResult, measure, type Work } from './micro.ts';

const MANY = 1_000_000;
const FEW = 1_000;
const TIMES = 300_000;
/** Prime, so that the users come in an order that no memory likes, and each as often as any other. */
const STRIDE = 514_229;
/** Look-ups at once. */
const TURN = 500;

/** What a request pays to learn who sent it, among many users and among few; and the memory that they take. */
export async function directory(share: number): Promise<MicroResult[]> {
  const many = Math.round(MANY * share);
  // First, while there is no garbage whose room could be used again.
  const ours = spread([megabytes(many, () => new UserStore(many))]);
  const other = spread([megabytes(many, () => new LRUCache({ max: many }))]);
  const figures = await measure(TIMES * share, await hits(many), await hits(FEW));
  return [
    {
      name: 'directory',
      claim: `who sent this, from its token: ${many} users remembered, against ${FEW}`,
      unit: 'µs a request',
      ...figures,
    },
    {
      name: 'directory',
      claim: `${many} users in tables (\`core/directory/users.ts\`), against objects in an lru-cache`,
      unit: 'MB',
      ours,
      other,
    },
  ];
}

/** With that many users in a directory, what `auth` asks of it. */
async function hits(users: number): Promise<Work> {
  const database = {
    query: async ({ values: [digests] }: { values: [string] }) => ({
      rows: digests
        .slice(1, -1)
        .split(',')
        .map((apitoken) => ({ apitoken, user_id: 1, sub_id: 1, active: true, expires_at: null })),
    }),
  };
  const known = new PostgresDirectory(
    { ...readConfig({ UPSTREAM_BARE_URL: 'http://127.0.0.1:1' }), CACHE_TTL_MS: Number.POSITIVE_INFINITY },
    database as never,
  );
  for (let i = 0; i < users; i += TURN) {
    await Promise.all(Array.from({ length: TURN }, (_, j) => known.findUser(digestOf(i + j))));
  }
  return (times) => {
    for (let i = 0; i < times; i++) {
      if (known.findUser(digestOf((i * STRIDE) % users)) instanceof Promise)
        throw new Error('not remembered');
    }
  };
}

const digestOf = (user: number): string => hash('sha256', `apk_${'x'.repeat(36)}${1e7 + user}`, 'hex');

function megabytes(users: number, create: () => Store<string, UserEntry>): number {
  // The heap takes its room for garbage before it is asked how large it is.
  for (let i = 0; i < users; i++) digestOf(i);
  const before = residentBytes();
  const store = create();
  for (let i = 0; i < users; i++) {
    store.set(digestOf(i), {
      userId: i,
      subId: 1,
      active: true,
      expiresAt: Number.POSITIVE_INFINITY,
      checkedAt: i,
    });
  }
  const bytes = residentBytes() - before;
  if (store.get(digestOf(0)) === undefined) throw new Error('forgotten');
  return bytes / 1e6;
}

/** After a collection of what is garbage. */
function residentBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().rss;
}
