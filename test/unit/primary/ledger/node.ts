// A gateway keeps the name of its chain of batches in DATA_DIR.
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { NODE_FILE } from '../../../../src/core/ledger/files.ts';
import { nodeId } from '../../../../src/primary/ledger/node.ts';

t.test('made once, for its owner only', async (t) => {
  const dataDir = t.testdir({});
  const id = await nodeId(dataDir);
  t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  t.equal(await nodeId(dataDir), id);
  t.equal(statSync(join(dataDir, NODE_FILE)).mode & 0o777, 0o600);
  t.not(await nodeId(join(t.testdir({ other: {} }), 'other')), id);
});

t.test('what cannot be read is not made anew', async (t) => {
  const dataDir = t.testdir({ [NODE_FILE]: {} });
  await t.rejects(nodeId(dataDir), { message: /^Cannot read .*node-id/ });
});

t.test('neither is what is no name', async (t) => {
  const dataDir = t.testdir({});
  for (const text of ['', 'abc', '../../etc']) {
    writeFileSync(join(dataDir, NODE_FILE), text);
    await t.rejects(nodeId(dataDir), { message: /node-id does not hold a UUID\. Restore it, or delete it/ });
  }
});
