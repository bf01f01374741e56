// The end of the chain of batches is on disk soon, as a whole, and in order.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Logger } from '../../../../src/core/log.ts';
import { HEAD_FILE, HeadFile } from '../../../../src/primary/ledger/head.ts';
import { silent } from '../../../fixtures/settings.ts';

const hash = 'ab'.repeat(32);

t.test('the last of many', async (t) => {
  const root = t.testdir({});
  const head = new HeadFile(root, silent);
  await head.flush();
  t.notOk(existsSync(join(root, HEAD_FILE)));
  for (let seq = 1; seq <= 50; seq++) {
    head.write({ seq, hash });
    if (seq % 7 === 0) await new Promise(setImmediate);
  }
  await head.flush();
  t.same(JSON.parse(readFileSync(join(root, HEAD_FILE), 'utf8')), { seq: 50, hash });
  t.same(readdirSync(root), [HEAD_FILE]);
});

t.test('a disk that fails is told, and tried again with the next', async (t) => {
  const root = join(t.testdir({}), 'gone');
  const lines: unknown[] = [];
  const head = new HeadFile(root, { warn: (line: unknown) => lines.push(line) } as unknown as Logger);
  head.write({ seq: 1, hash });
  await head.flush();
  t.match(lines, [{ err: { code: 'ENOENT' } }]);
  head.write({ seq: 2, hash });
  await head.flush();
  t.equal(lines.length, 2);
});
