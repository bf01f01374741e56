// The end of the chain of batches is on disk soon, as a whole, and in order.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { HEAD_FILE } from '../../../../src/core/ledger/files.ts';
import type { Logger } from '../../../../src/core/log.ts';
import { readHead } from '../../../../src/core/reconcile/head.ts';
import { HeadFile } from '../../../../src/primary/ledger/head.ts';
import { silent } from '../../../fixtures/settings.ts';

const hash = 'ab'.repeat(32);

t.test('the last of many', async (t) => {
  const root = t.testdir({});
  const head = new HeadFile(root, silent);
  await head.flush();
  t.notOk(existsSync(join(root, HEAD_FILE)));
  for (let seq = 1; seq <= 50; seq++) {
    head.grow({ seq, hash, after: hash });
    if (seq % 7 === 0) await new Promise(setImmediate);
  }
  await head.flush();
  t.same(JSON.parse(readFileSync(join(root, HEAD_FILE), 'utf8')), { seq: 50, hash });
  t.same(readdirSync(root), [HEAD_FILE]);
});

t.test('at once, and then not again before its time, or the end', async (t) => {
  const root = t.testdir({});
  const head = new HeadFile(root, silent, null, 2 ** 31 - 1);
  const written = () => (JSON.parse(readFileSync(join(root, HEAD_FILE), 'utf8')) as { seq: number }).seq;
  head.grow({ seq: 1, hash, after: hash });
  while (!existsSync(join(root, HEAD_FILE))) await new Promise(setImmediate);
  t.equal(written(), 1);
  // Behind the write, whatever it still had to do.
  await head.flush();
  head.grow({ seq: 2, hash, after: hash });
  while (written() < 2) await new Promise(setImmediate);
  for (let seq = 3; seq <= 20; seq++) {
    head.grow({ seq, hash, after: hash });
    await new Promise(setImmediate);
  }
  t.equal(written(), 2);
  await head.flush();
  t.equal(written(), 20);
});

for (const during of ['the pause', 'a write'] as const) {
  t.test(`an end that the database has lost is not put off: during ${during}`, async (t) => {
    const root = t.testdir({});
    const head = new HeadFile(root, { error() {} } as unknown as Logger, null, 2 ** 31 - 1);
    const written = () => JSON.parse(readFileSync(join(root, HEAD_FILE), 'utf8')) as { cut?: unknown };
    head.grow({ seq: 100, hash, after: hash });
    if (during === 'the pause') {
      while (!existsSync(join(root, HEAD_FILE))) await new Promise(setImmediate);
      await head.flush();
      head.grow({ seq: 101, hash, after: hash });
      await head.flush();
    }
    head.grow({ seq: 100, hash: 'cd'.repeat(32), after: hash });
    head.grow({ seq: 101, hash: 'ef'.repeat(32), after: 'cd'.repeat(32) });
    const lost = during === 'the pause' ? 101 : 100;
    while (!existsSync(join(root, HEAD_FILE)) || written().cut === undefined) await new Promise(setImmediate);
    t.match(written(), { cut: { seq: lost, hash } });
    await head.flush();
    t.match(written(), { seq: 101, hash: 'ef'.repeat(32), cut: { seq: lost } });
  });
}

t.test('a disk that fails is told, and tried again', async (t) => {
  const root = join(t.testdir({}), 'gone');
  const lines: unknown[] = [];
  const head = new HeadFile(root, { warn: (line: unknown) => lines.push(line) } as unknown as Logger);
  head.grow({ seq: 1, hash, after: hash });
  while (lines.length === 0) await new Promise(setImmediate);
  t.match(lines, [{ err: { code: 'ENOENT' } }]);
  await head.flush();
  t.equal(lines.length, 2, 'at the end');
  mkdirSync(root);
  await Promise.all([head.flush(), head.flush()]);
  t.same(readdirSync(root), [HEAD_FILE]);
  t.equal(lines.length, 2);
});

t.test('an end that the database has lost is kept, and told in the log', async (t) => {
  const dataDir = t.testdir({ journal: {} });
  const root = join(dataDir, 'journal');
  const lines: unknown[] = [];
  const log = { error: (line: unknown) => lines.push(line) } as unknown as Logger;
  const other = 'cd'.repeat(32);
  const opened = async () => new HeadFile(root, log, await readHead(dataDir));
  const grow = async (seq: number, after: string) => {
    const head = await opened();
    head.grow({ seq, hash, after });
    await head.flush();
    return readHead(dataDir);
  };
  await grow(1, '00'.repeat(32));
  t.same(await grow(2, hash), { seq: 2, hash, cut: null });
  t.same(await grow(9, other), { seq: 9, hash, cut: null }, 'the file was behind');
  t.same(lines, []);
  t.same(await grow(8, hash), { seq: 8, hash, cut: { seq: 9, hash } }, 'cut off');
  t.match(lines, [{ known: { seq: 9 }, found: { seq: 7, hash } }]);
  t.same(await grow(9, other), { seq: 9, hash, cut: { seq: 9, hash } }, 'rewritten; the first cut stays');
  t.equal(lines.length, 2);
  t.same(await grow(10, hash), { seq: 10, hash, cut: { seq: 9, hash } });
  t.equal(lines.length, 2, 'told once each');
});
