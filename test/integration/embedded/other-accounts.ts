// PostgreSQL refuses to run as root. As root the gateway runs it as somebody else, wherever its files are; as anybody
// else, as that.
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { openDatabase } from '../../../src/primary/database.ts';
import { accountFor } from '../../../src/primary/postgres/account.ts';
import { copyBundle, findBundle } from '../../../src/primary/postgres/bundle.ts';
import { readPostmaster } from '../../../src/primary/postgres/postmaster.ts';
import { runTool } from '../../../src/primary/postgres/program.ts';
import { dataFolder, query, startProcess } from '../../fixtures/gateway-process.ts';
import { config, silent } from '../../fixtures/settings.ts';

const account = accountFor('/nonexistent');
const skip = account === undefined && 'needs root';

function closedFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'apipod-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

t.test('as root, in a folder that only root can enter', { skip }, async (t) => {
  const DATA_DIR = dataFolder(t);
  t.equal(statSync(dirname(DATA_DIR)).mode & 0o077, 0);
  const database = await openDatabase({ ...config, DATA_DIR }, silent);
  t.same(await query(database.url, 'SELECT count(*)::int AS plans FROM subscriptions'), [{ plans: 3 }]);
  const { pid } = readPostmaster(join(DATA_DIR, 'postgres'))!;
  t.equal(statSync(`/proc/${pid}`).uid, account!.uid, 'and not as root');
  t.same(await query(database.url, 'SELECT pg_reload_conf() AS reloaded'), [{ reloaded: true }]);
  await database.stop();
});

t.test('as root, with the data of somebody else: as that', { skip }, async (t) => {
  const nobody = Number(await runTool('/usr/bin/id', () => ['-u', 'nobody'], '/', undefined));
  const folder = closedFolder(t);
  const dataDir = join(folder, 'postgres');
  cpSync('/etc/hostname', dataDir);
  chownSync(dataDir, nobody, nobody);
  t.match(accountFor(dataDir), { name: 'nobody', uid: nobody });
});

t.test('as somebody who is not root', { skip }, async (t) => {
  const DATA_DIR = dataFolder(t);
  const program = fileURLToPath(import.meta.url);
  const readable = await runTool('/usr/bin/test', () => ['-r', program], '/', account).then(
    () => true,
    () => false,
  );
  if (!readable) {
    t.pass('the sources are closed to all but root here', { skip: true });
    return;
  }
  chmodSync(dirname(DATA_DIR), 0o711);
  const home = join(dirname(DATA_DIR), 'home');
  cpSync('/etc/hostname', join(home, 'hostname'));
  chownSync(home, account!.uid, account!.gid);
  const gateway = await startProcess(t, home, account);
  t.same(await query(gateway.url, 'SELECT count(*)::int AS plans FROM subscriptions'), [{ plans: 3 }]);
  t.equal(await gateway.end('SIGTERM'), 0);
});

t.test(
  'bundled programs that the other account cannot reach are copied, with their links',
  { skip },
  async (t) => {
    const bundle = await findBundle();
    if (bundle === undefined) {
      t.pass('npm has not installed a bundled PostgreSQL here', { skip: true });
      return;
    }
    const closed = join(closedFolder(t), 'native');
    // Without links, as after `npm ci --ignore-scripts`.
    cpSync(bundle.folder, closed, {
      recursive: true,
      filter: (path) => !/\.so\.?\d*$/.test(path) || isFile(path),
    });
    const version = (folder: string) =>
      runTool(join(folder, 'bin/postgres'), () => ['--version'], '/', account);
    await t.rejects(version(closed), { code: 'EACCES' });
    const cache = closedFolder(t);
    chmodSync(cache, 0o755);
    const copy = await copyBundle({ ...bundle, folder: closed }, cache, silent);
    t.match(await version(copy), /^postgres \(PostgreSQL\) \d+/);
    t.equal(
      await copyBundle({ ...bundle, folder: closed }, cache, silent),
      copy,
      'and found again the next time',
    );
  },
);

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
