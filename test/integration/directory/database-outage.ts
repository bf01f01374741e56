// While the database is away, stopped or frozen, known tokens go on and unknown ones are told to come back: nobody
// is refused for it. When it is back, so are the answers.
import t from 'tap';
import { PostgresDirectory } from '../../../src/core/directory/postgres.ts';
import { config, testDatabase } from '../../fixtures/database.ts';
import { testPool, until } from '../../fixtures/pool.ts';
import { addUser } from '../../fixtures/users.ts';

for (const [outage, begin, end] of [
  ['stopped', 'stop', 'start'],
  ['frozen', 'freeze', 'thaw'],
] as const) {
  t.test(outage, async (t) => {
    const database = await testDatabase(t);
    const known = await addUser(database, 'alice');
    const dropped = await addUser(database, 'bob');
    const unknown = await addUser(database, 'carol');
    const time = { now: 0 };
    const { pool, queries } = testPool(t, database, {
      DATABASE_QUERY_TIMEOUT_MS: 1_000,
      DATABASE_CONNECT_TIMEOUT_MS: 1_000,
    });
    const directory = new PostgresDirectory(config, pool, () => time.now);
    const user = await directory.findUser(known);
    const plan = await directory.findPlan(user?.subId ?? 0);
    await directory.findUser(dropped);

    await database.server[begin]();
    time.now += config.CACHE_TTL_MS;
    t.same(await directory.findUser(known), user, 'past its lifetime');
    t.equal(await directory.findPlan(user?.subId ?? 0), plan);
    queries.length = 0;
    t.same(directory.findUser(known), user, 'from now on without waiting');
    t.same(queries, []);
    directory.apply([{ kind: 'user', key: dropped }]);
    for (const digest of [unknown, dropped]) {
      await t.rejects(async () => directory.findUser(digest), { code: 'directory_unavailable' });
    }

    await database.server[end]();
    await until(() =>
      Promise.resolve(directory.findUser(unknown)).then(
        (found) => found !== null,
        () => false,
      ),
    );
    t.match(await directory.findUser(known), { checkedAt: time.now }, 'looked up again');
    t.match(await directory.findUser(dropped), { active: true });
  });
}
