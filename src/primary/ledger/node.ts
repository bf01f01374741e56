import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid, NODE_FILE } from '../../core/ledger/files.ts';
import { replaceFile } from './file.ts';

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
  if (isUuid(id)) return id;
  throw new Error(
    `${path} does not hold a UUID. Restore it, or delete it: then this gateway begins a new chain of usage batches.`,
  );
}
