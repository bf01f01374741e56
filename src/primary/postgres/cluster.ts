import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseError, reasonOf } from '../../core/database/failure.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { runTool } from './program.ts';

/** The superuser of the embedded database. */
export const ROLE = 'apipod';
const PASSWORD_BYTES = 24;
const PASSWORD_FILE = 'password';

/** @returns the major version that made these data; undefined if there are none */
export async function versionOf(dataDir: string): Promise<number | undefined> {
  const version = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new DatabaseError(`The embedded database cannot be read: ${reasonOf(error)}.`, error);
    },
  );
  if (version !== undefined) return Number.parseInt(version, 10);
  if (existsSync(dataDir) && (await readdir(dataDir)).length > 0) {
    throw new DatabaseError(`${dataDir} holds something else than a PostgreSQL database.`);
  }
  return undefined;
}

/** Of `ROLE`. Only the account that PostgreSQL runs as, and root, can read it. */
export async function passwordOf(dataDir: string): Promise<string> {
  return (await readFile(join(dataDir, PASSWORD_FILE), 'utf8')).trim();
}

/**
 * Makes the data directory of a new database. It appears complete or not at all, also when two do this at once.
 * @param durable false only in tests: the files are not forced to disk
 */
export async function createCluster(
  dataDir: string,
  binaries: Binaries,
  account: Account | undefined,
  durable: boolean,
): Promise<void> {
  const staging = `${dataDir}.new-${process.pid}`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o700 });
  try {
    const passwordFile = join(staging, PASSWORD_FILE);
    await writeFile(passwordFile, `${randomBytes(PASSWORD_BYTES).toString('hex')}\n`, { mode: 0o600 });
    if (account) {
      await chown(passwordFile, account.uid, account.gid);
      await chown(staging, account.uid, account.gid);
    }
    await runTool(
      join(binaries.folder, 'initdb'),
      (folder) => [
        `--pgdata=${folder}/data`,
        `--pwfile=${folder}/${PASSWORD_FILE}`,
        `--username=${ROLE}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        ...(durable ? [] : ['--no-sync']),
      ],
      staging,
      account,
    );
    await rename(passwordFile, join(staging, 'data', PASSWORD_FILE));
    await rename(join(staging, 'data'), dataDir).catch((error: unknown) => {
      // Another gateway was faster; its database is as good.
      if (!existsSync(join(dataDir, 'PG_VERSION'))) throw error;
    });
  } catch (error) {
    throw new DatabaseError(`${dataDir} cannot be made: ${reasonOf(error)}`, error);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
