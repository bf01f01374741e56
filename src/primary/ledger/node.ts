import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from './file.ts';

/** In DATA_DIR: the name of this gateway's chain of batches. */
export const NODE_FILE = 'node-id';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Made at the first start. @throws Error with a message for the operator */
export async function nodeId(dataDir: string): Promise<string> {
  const path = join(dataDir, NODE_FILE);
  const found = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(`Cannot read ${path}: ${error.message}.`, { cause: error });
  });
  if (found === undefined) {
    const made = randomUUID();
    await replaceFile(path, `${made}\n`);
    return made;
  }
  const id = found.trim();
  if (UUID.test(id)) return id;
  throw new Error(
    `${path} does not hold a UUID. Restore it, or delete it: then this gateway begins a new chain of usage batches.`,
  );
}
