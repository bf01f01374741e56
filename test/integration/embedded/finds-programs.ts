// Which PostgreSQL the embedded database takes, and what is said when there is none that fits.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openDatabase } from '../../../src/primary/database.ts';
import { accountFor } from '../../../src/primary/postgres/account.ts';
import { findBinaries } from '../../../src/primary/postgres/binaries.ts';
import { dataFolder } from '../../fixtures/gateway-process.ts';
import { config, silent } from '../../fixtures/settings.ts';

const account = accountFor('/nonexistent');

function folder(t: Test): string {
  const made = mkdtempSync(join(tmpdir(), 'apipod-test-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

t.test('one that runs here, and the one that the data need', async (t) => {
  const cacheDir = folder(t);
  const any = await findBinaries({ major: undefined, account, cacheDir }, silent);
  t.ok(any.major >= 13);
  t.same(await findBinaries({ major: any.major, account, cacheDir }, silent), any);
});

t.test('none of that version: every place with its reason', async (t) => {
  await t.rejects(findBinaries({ major: 99, account, cacheDir: folder(t) }, silent), {
    name: 'DatabaseError',
    message: /No PostgreSQL of version 99.*\n.*has version \d+\n(.*\n)*Set DATABASE_URL/,
  });
});

t.test('POSTGRES_BIN_DIR is the only place, if it is set', async (t) => {
  const binDir = folder(t);
  await t.rejects(findBinaries({ binDir, major: undefined, account, cacheDir: folder(t) }, silent), {
    message: `${binDir}: there is no initdb`,
  });
});

t.test('data of an unknown kind are left alone', async (t) => {
  const DATA_DIR = dataFolder(t);
  mkdirSync(join(DATA_DIR, 'postgres'), { recursive: true });
  writeFileSync(join(DATA_DIR, 'postgres', 'letter.txt'), 'dear');
  await t.rejects(openDatabase({ ...config, DATA_DIR }, silent), {
    message: /something else than a PostgreSQL/,
  });
});

t.test('a server that cannot start: the end of its log', async (t) => {
  const DATA_DIR = dataFolder(t);
  await (await openDatabase({ ...config, DATA_DIR }, silent)).stop();
  writeFileSync(join(DATA_DIR, 'postgres', 'postgresql.conf'), 'no_such_setting = 1\n');
  await t.rejects(openDatabase({ ...config, DATA_DIR }, silent), {
    name: 'DatabaseError',
    message: /does not start.*\n.*no_such_setting/,
  });
});
