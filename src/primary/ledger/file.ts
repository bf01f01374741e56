import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Journals and their papers tell who used what. */
const OWNER_ONLY = 0o600;

/** Writes a whole file or leaves the old one, also in a power cut. @throws what the file system throws */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, text, { mode: OWNER_ONLY, flush: true });
  await rename(draft, path);
}

/**
 * Makes a folder, and those that it is in, unless they are there. Not with Node's `recursive`, which tries for ever
 * below /proc, and says ENOENT where a file system is read-only.
 * @throws what the file system throws
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(path) !== path) {
      await makeFolder(dirname(path));
      // A second ENOENT: nothing can be made there.
      await mkdir(path, mode).catch(unlessThere);
    } else if (!(await isFolder(path))) throw error;
  }

  async function unlessThere(error: unknown): Promise<void> {
    if (!(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
