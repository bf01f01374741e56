import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of our package.json, with schema.sql and seed.sql in it. Found by walking up, because the code runs from
 * dist/ as well as, compiled for the tests, from .build/src/.
 */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

/** As in our package.json. */
export const version: string = (
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
).version;

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('The package.json of apipod is missing.');
  return findRoot(parent);
}
