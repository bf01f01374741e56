import { rename, writeFile } from 'node:fs/promises';

/** Journals and their papers tell who used what. */
const OWNER_ONLY = 0o600;

/** Writes a whole file or leaves the old one, also in a power cut. @throws what the file system throws */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, text, { mode: OWNER_ONLY, flush: true });
  await rename(draft, path);
}
