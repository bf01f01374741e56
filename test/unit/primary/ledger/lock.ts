// One gateway for each folder of journals: a second one is told so, and what a dead one has left is taken over.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { newLife } from '../../../../src/core/ledger/journal/life.ts';
import { LOCK_FILE, lockJournals, TOUCH_INTERVAL_MS } from '../../../../src/primary/ledger/lock.ts';
import { deadLife, mortal } from '../../../fixtures/journal.ts';
import { poll } from '../../../fixtures/poll.ts';

const MESSAGE = /^DATA_DIR is in use by apipod gateway \d+ \(process id\)\. Give each gateway a DATA_DIR/;

const LONG_AGO = new Date(1_700_000_000_000);

/** A DATA_DIR with a lock that holds this text. */
function lockedBy(t: Test, text: string): { dataDir: string; root: string } {
  const dataDir = t.testdir();
  const root = join(dataDir, 'journal');
  mkdirSync(root);
  const path = join(root, LOCK_FILE);
  writeFileSync(path, text);
  utimesSync(path, LONG_AGO, LONG_AGO);
  return { dataDir, root };
}

t.test('makes the folder, for its owner only, and gives the lock back', async (t) => {
  const dataDir = join(t.testdir(), 'not', 'there');
  const { root, release } = await lockJournals(dataDir);
  t.equal(root, join(dataDir, 'journal'));
  t.equal(statSync(root).mode & 0o777, 0o700);
  t.equal(
    statSync(dataDir).mode & 0o777,
    0o777 & ~process.umask(),
    'an embedded database has another account',
  );
  await t.rejects(lockJournals(dataDir), { message: MESSAGE });
  await release();
  t.same(readdirSync(root), []);
  await (await lockJournals(dataDir)).release();
});

t.test('of a gateway that lives, and then does not', async (t) => {
  const gateway = await mortal(t);
  const { dataDir } = lockedBy(t, gateway.life());
  await t.rejects(lockJournals(dataDir), { message: MESSAGE });
  await gateway.kill();
  await (await lockJournals(dataDir)).release();
});

for (const [kind, text] of [
  ['of an earlier boot', deadLife()],
  ['that was never written', ''],
  ['that is no name', 'what is this'],
] as const) {
  t.test(`one ${kind} is taken over`, async (t) => {
    const { dataDir, root } = lockedBy(t, text);
    const { release } = await lockJournals(dataDir);
    t.not(readFileSync(join(root, LOCK_FILE), 'utf8'), text);
    t.same(readdirSync(root), [LOCK_FILE], 'and nothing is left of it');
    await release();
  });
}

t.test('many at once', async (t) => {
  for (let round = 0; round < 40; round++) {
    const { dataDir, root } = lockedBy(t, deadLife());
    const locks = await Promise.allSettled(Array.from({ length: 8 }, () => lockJournals(dataDir)));
    const taken = locks.flatMap((lock) => (lock.status === 'fulfilled' ? [lock.value] : []));
    t.equal(taken.length, 1);
    await t.rejects(lockJournals(dataDir), { message: MESSAGE });
    for (const { release } of taken) await release();
    t.same(readdirSync(root), [], 'and nothing is left of the others');
  }
});

t.test('gives back only its own', async (t) => {
  const dataDir = t.testdir();
  const { root, release } = await lockJournals(dataDir);
  const other = newLife();
  writeFileSync(join(root, LOCK_FILE), other);
  await release();
  t.ok(existsSync(join(root, LOCK_FILE)));
});

t.test('a folder that cannot be written to', async (t) => {
  const dataDir = t.testdir({ journal: 'a file in its place' });
  const message = /^Cannot keep the usage journal in .*journal: .* Set DATA_DIR to a folder/;
  await t.rejects(lockJournals(dataDir), { message });
  if (process.getuid?.() === 0) return;
  chmodSync(dataDir, 0o500);
  await t.rejects(lockJournals(join(dataDir, 'data')), { message });
  chmodSync(dataDir, 0o700);
});

t.test('a folder where nothing can be made', { skip: !existsSync('/proc/self') && 'no /proc' }, async (t) => {
  const message =
    /^Cannot keep the usage journal in \/proc\/nope\/data\/journal: ENOENT: .* Set DATA_DIR to a folder/;
  await t.rejects(lockJournals('/proc/nope/data'), { message });
});

t.test('of a gateway in another container, that is seen by its touches only', async (t) => {
  const { dataDir, root } = lockedBy(t, deadLife());
  const path = join(root, LOCK_FILE);
  const touch = () => utimesSync(path, new Date(), new Date());
  touch();
  const touches = setInterval(touch, TOUCH_INTERVAL_MS);
  await t.rejects(lockJournals(dataDir), { message: MESSAGE });
  clearInterval(touches);
  await (await lockJournals(dataDir)).release();
});

t.test('the holder touches it', async (t) => {
  const dataDir = t.testdir();
  const { root, release } = await lockJournals(dataDir);
  const path = join(root, LOCK_FILE);
  utimesSync(path, LONG_AGO, LONG_AGO);
  await poll('a touch', async () => (statSync(path).mtimeMs > LONG_AGO.getTime() ? true : undefined));
  await release();
});
