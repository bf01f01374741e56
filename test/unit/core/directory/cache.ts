// The cache behind users and plans: synchronous from memory, one look-up in flight for a key, refusals apart from
// what is known, and no stale answer after a drop. While the database is away what was known goes on.
import { LRUCache } from 'lru-cache';
import t, { type Test } from 'tap';
import {
  type CacheOptions,
  type Dated,
  LOOKUPS_MAX,
  LookupCache,
  PATIENCE_MS,
  PROBE_INTERVAL_MS,
  type Store,
} from '../../../../src/core/directory/cache.ts';
import { UserStore } from '../../../../src/core/directory/users.ts';
import { seeded } from '../../../fixtures/random.ts';
import { digestOf } from '../../../fixtures/users.ts';

interface Entry extends Dated {
  readonly version: number;
}

const TTL_MS = 60_000;
const REFUSAL_TTL_MS = 10_000;

/** A database of versions by key, whose answers wait until the test lets them go. */
class FakeDatabase {
  readonly versions = new Map<string, number>();
  readonly queries: string[] = [];
  #waiting: { key: string; answer: Entry | null; settle: PromiseWithResolvers }[] = [];
  held = false;
  away = false;

  readonly load = (key: string): Promise<Entry | null> => {
    this.queries.push(key);
    const version = this.versions.get(key);
    const answer = version === undefined ? null : { version, checkedAt: 0 };
    if (!this.held) return this.away ? Promise.reject(new Error('away')) : Promise.resolve(answer);
    return new Promise((resolve, reject) => this.#waiting.push({ key, answer, settle: { resolve, reject } }));
  };

  /** Answers what is waiting, with what was true when it was asked. */
  async release(): Promise<void> {
    for (const { answer, settle } of this.#waiting.splice(0)) {
      if (this.away) settle.reject(new Error('away'));
      else settle.resolve(answer);
    }
    await new Promise(setImmediate);
  }
}

interface PromiseWithResolvers {
  resolve(answer: Entry | null): void;
  reject(error: Error): void;
}

const version = async (t: Test, cache: LookupCache<string, Entry>, key: string, expected: number | null) =>
  t.equal((await cache.get(key))?.version ?? null, expected);

/** Every store that a cache is used with. */
const stores: Record<string, (max: number) => Store<string, Entry>> = {
  'objects in an lru-cache': (max) => new LRUCache({ max }),
  'users in tables': (max) => {
    const users = new UserStore(max);
    const rest = { subId: null, active: true, expiresAt: 0 };
    return {
      get(key) {
        const user = users.get(digestOf(key));
        return user && { version: user.userId, checkedAt: user.checkedAt };
      },
      set: (key, { version, checkedAt }) => users.set(digestOf(key), { ...rest, userId: version, checkedAt }),
      delete: (key) => users.delete(digestOf(key)),
    };
  },
};

for (const [kind, createStore] of Object.entries(stores)) {
  t.test(kind, async (t) => {
    const setUp = ({
      knownMax = 100,
      ...options
    }: Partial<CacheOptions<string, Entry>> & { knownMax?: number } = {}) => {
      const database = new FakeDatabase();
      const time = { now: 1_000 };
      const cache = new LookupCache<string, Entry>({
        load: database.load,
        known: createStore(knownMax),
        refusedMax: 100,
        ttlMs: TTL_MS,
        refusalTtlMs: REFUSAL_TTL_MS,
        clock: () => time.now,
        ...options,
      });
      return { database, time, cache };
    };

    t.test('answers synchronously what it knows', async (t) => {
      const { database, cache } = setUp();
      database.versions.set('a', 1);
      t.ok(cache.get('a') instanceof Promise, 'the first time it has to ask');
      await cache.get('a');
      t.match(cache.get('a'), { version: 1 });
      t.same(database.queries, ['a']);
      t.same(cache.stats, { hits: 1, misses: 2, refusals: 0 });
    });

    t.test('asks once, however many wait', async (t) => {
      const { database, cache } = setUp();
      database.versions.set('a', 1);
      const answers = await Promise.all(Array.from({ length: 100 }, () => cache.get('a')));
      t.equal(new Set(answers).size, 1);
      t.same(database.queries, ['a']);
    });

    t.test('asks again after the lifetime', async (t) => {
      const { database, time, cache } = setUp();
      database.versions.set('a', 1);
      await cache.get('a');
      database.versions.set('a', 2);
      time.now += TTL_MS - 1;
      await version(t, cache, 'a', 1);
      time.now += 1;
      await version(t, cache, 'a', 2);
    });

    t.test('remembers a refusal, for its own time', async (t) => {
      const { database, time, cache } = setUp();
      await version(t, cache, 'a', null);
      database.versions.set('a', 1);
      time.now += REFUSAL_TTL_MS - 1;
      t.equal(cache.get('a'), null);
      t.equal(cache.stats.refusals, 1);
      time.now += 1;
      await version(t, cache, 'a', 1);
    });

    t.test('what was known and is gone becomes a refusal', async (t) => {
      const { database, time, cache } = setUp();
      database.versions.set('a', 1);
      await cache.get('a');
      database.versions.delete('a');
      time.now += TTL_MS;
      await version(t, cache, 'a', null);
      t.equal(cache.get('a'), null);
    });

    t.test('a flood of refusals drives out nothing that is known', async (t) => {
      const { database, cache } = setUp({ knownMax: 10, refusedMax: 10 });
      for (let i = 0; i < 10; i++) {
        database.versions.set(`good${i}`, i);
        await cache.get(`good${i}`);
      }
      for (let i = 0; i < 1_000; i++) await cache.get(`bad${i}`);
      for (let i = 0; i < 10; i++) t.match(cache.get(`good${i}`), { version: i });
    });

    t.test('forgets the least recently used beyond its bound', async (t) => {
      const { database, cache } = setUp({ knownMax: 2 });
      for (const key of ['a', 'b']) database.versions.set(key, 1);
      database.versions.set('c', 1);
      for (const key of ['a', 'b', 'a', 'c']) await cache.get(key);
      t.notOk(cache.get('a') instanceof Promise);
      t.ok(cache.get('b') instanceof Promise);
    });

    t.test('drops exactly what is named', async (t) => {
      const { database, cache } = setUp();
      database.versions.set('a', 1).set('b', 1);
      await cache.get('a');
      await cache.get('b');
      await cache.get('refused');
      database.versions.set('a', 2).set('b', 2).set('refused', 2);
      cache.drop('a');
      await version(t, cache, 'a', 2);
      await version(t, cache, 'b', 1);
      await version(t, cache, 'refused', null);
      cache.drop('refused');
      await version(t, cache, 'refused', 2);
    });

    t.test(
      'a drop during the look-up: later questions start another, and the old answer is not remembered',
      async (t) => {
        const { database, cache } = setUp();
        database.versions.set('a', 1);
        database.held = true;
        const before = cache.get('a');
        database.versions.set('a', 2);
        cache.drop('a');
        const after = cache.get('a');
        await database.release();
        t.match(await Promise.all([before, after]), [{ version: 1 }, { version: 2 }]);
        t.match(cache.get('a'), { version: 2 });
        t.same(database.queries, ['a', 'a']);
      },
    );

    t.test('an old look-up that ends last changes nothing', async (t) => {
      const answers: ((entry: Entry) => void)[] = [];
      const { cache } = setUp({ load: () => new Promise((resolve) => answers.push(resolve)) });
      const before = cache.get('a');
      cache.drop('a');
      const after = cache.get('a');
      answers[1]?.({ version: 2, checkedAt: 0 });
      await after;
      answers[0]?.({ version: 1, checkedAt: 0 });
      await before;
      t.match(cache.get('a'), { version: 2 });
    });

    t.test('whatever the schedule, no answer is older than the last drop before its question', async (t) => {
      const random = seeded(7);
      const versions = new Map<string, number>();
      const { cache, time } = setUp({
        knownMax: 3,
        refusedMax: 2,
        ttlMs: 20,
        refusalTtlMs: 5,
        load: async (key) => {
          const version = versions.get(key);
          for (let turns = random() * 5; turns > 1; turns--) await undefined;
          if (random() < 0.2) throw new Error('away');
          for (let turns = random() * 5; turns > 1; turns--) await undefined;
          return version === undefined ? null : { version, checkedAt: 0 };
        },
      });
      const questions: Promise<void>[] = [];
      const ask = async (key: string, atLeast: number): Promise<void> => {
        try {
          const entry = await cache.get(key);
          if ((entry?.version ?? 0) < atLeast) t.fail(`${key}: ${entry?.version}, not ${atLeast}`);
        } catch (error) {
          t.match(error, { code: 'directory_unavailable' });
        }
      };
      for (let step = 0; step < 20_000; step++) {
        const key = 'abcdef'[Math.floor(random() * 6)]!;
        const choice = random();
        if (choice < 0.05) {
          versions.set(key, step);
          cache.drop(key);
        } else if (choice < 0.9) questions.push(ask(key, versions.get(key) ?? 0));
        else time.now += 1;
        if (choice > 0.5) await undefined;
      }
      await Promise.all(questions);
      t.ok(cache.stats.hits > 0 && cache.stats.misses > 0 && cache.stats.refusals > 0);
    });

    t.test('after dropAll everything is asked for again, also what was in flight', async (t) => {
      const { database, time, cache } = setUp();
      database.versions.set('known', 1).set('flying', 1);
      await cache.get('known');
      await cache.get('refused');
      database.held = true;
      const flying = cache.get('flying');
      for (const key of ['known', 'flying', 'refused']) database.versions.set(key, 2);
      time.now += 1;
      cache.dropAll();
      time.now += 1;
      const answers = [flying, cache.get('known'), cache.get('refused')];
      await database.release();
      database.held = false;
      t.match(await Promise.all(answers), [{ version: 1 }, { version: 2 }, { version: 2 }]);
      for (const key of ['known', 'flying', 'refused']) await version(t, cache, key, 2);
    });

    t.test('database away: what is known goes on, also after its lifetime and after dropAll', async (t) => {
      const { database, time, cache } = setUp();
      database.versions.set('a', 1).set('b', 1);
      await cache.get('a');
      await cache.get('b');
      database.away = true;
      time.now += TTL_MS;
      await version(t, cache, 'a', 1);
      cache.dropAll();
      time.now += 1;
      await version(t, cache, 'b', 1);
    });

    t.test('database away: what is not known is unavailable, and that is not remembered', async (t) => {
      const { database, cache } = setUp();
      database.versions.set('a', 1);
      database.away = true;
      await t.rejects(async () => cache.get('a'), {
        code: 'directory_unavailable',
        cause: { message: 'away' },
      });
      database.away = false;
      await version(t, cache, 'a', 1);
    });

    t.test('database away: a refusal ends with its lifetime', async (t) => {
      const { database, time, cache } = setUp();
      await cache.get('a');
      database.away = true;
      t.equal(cache.get('a'), null);
      time.now += REFUSAL_TTL_MS;
      await t.rejects(async () => cache.get('a'), { code: 'directory_unavailable' });
    });

    t.test('database away: dropped means dropped', async (t) => {
      const { database, time, cache } = setUp();
      database.versions.set('a', 1);
      await cache.get('a');
      time.now += TTL_MS;
      database.away = true;
      database.held = true;
      const waiting = cache.get('a');
      cache.drop('a');
      await Promise.all([
        t.rejects(async () => waiting, { code: 'directory_unavailable' }),
        database.release(),
      ]);
      database.held = false;
      await t.rejects(async () => cache.get('a'), { code: 'directory_unavailable' });
    });

    t.test('database frozen: one request waits for it, the others do not', async (t) => {
      const { database, time, cache } = setUp();
      database.versions.set('a', 1).set('b', 1);
      await cache.get('a');
      await cache.get('b');
      time.now += TTL_MS;
      database.held = database.away = true;
      const first = cache.get('a');
      t.ok(first instanceof Promise);
      await database.release();
      t.match(await first, { version: 1 });
      database.queries.length = 0;
      t.match(cache.get('a'), { version: 1 });
      t.match(cache.get('b'), { version: 1 });
      t.same(database.queries, [], 'it is left alone for a while');
      time.now += PROBE_INTERVAL_MS;
      t.match(cache.get('a'), { version: 1 });
      t.match(cache.get('b'), { version: 1 });
      t.same(database.queries, ['a'], 'then one look-up tests it, and nobody waits for that');

      database.away = false;
      database.versions.set('a', 2).set('b', 2);
      time.now += PROBE_INTERVAL_MS;
      t.match(cache.get('b'), { version: 1 });
      await database.release();
      t.match(cache.get('b'), { version: 2 }, 'its success ends the outage');
      const renewed = cache.get('a');
      t.match(renewed, { version: 1 }, 'the first test had asked before the change');
    });

    t.test('a key dropped while it is being tested rejects nobody', async (t) => {
      const { database, time, cache } = setUp();
      database.versions.set('a', 1);
      await cache.get('a');
      time.now += TTL_MS;
      database.away = true;
      await cache.get('a');
      time.now += PROBE_INTERVAL_MS;
      database.held = true;
      t.match(cache.get('a'), { version: 1 });
      cache.drop('a');
      await database.release();
      t.pass('no unhandled rejection');
    });

    t.test('look-ups under way have a bound, and known keys are served beyond it', async (t) => {
      const { database, time, cache } = setUp({ knownMax: 2 * LOOKUPS_MAX });
      database.versions.set('known', 1);
      await cache.get('known');
      time.now += TTL_MS;
      database.held = true;
      const waiting = Array.from({ length: LOOKUPS_MAX }, (_, i) => cache.get(`key${i}`));
      t.throws(() => cache.get('one too many'), { code: 'directory_unavailable' });
      t.ok(cache.get('key0') instanceof Promise, 'a look-up that is under way may be joined');
      t.match(cache.get('known'), { version: 1 });
      await database.release();
      t.same(new Set(await Promise.all(waiting)), new Set([null]));
      t.ok(cache.get('one too many') instanceof Promise, 'there is room again');
      await database.release();
    });

    t.test('database slow: what is known waits once, and not for long; what was dropped waits', async (t) => {
      const { database, time, cache } = setUp();
      database.versions.set('a', 1).set('b', 1);
      await cache.get('a');
      await cache.get('b');
      time.now += TTL_MS;
      database.held = true;
      t.match(
        await cache.get('a'),
        { version: 1 },
        `after ${PATIENCE_MS} ms, though the look-up has not ended`,
      );
      t.notOk(cache.get('a') instanceof Promise, 'from then on at once');
      t.notOk(cache.get('b') instanceof Promise, 'and so for every key');
      cache.drop('a');
      database.versions.set('a', 2);
      const dropped = cache.get('a');
      await database.release();
      t.match(await dropped, { version: 2 });
    });
  });
}
