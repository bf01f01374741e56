import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../log.ts';
import type { UsageRow } from '../types.ts';
import { describeRow } from './row.ts';

/** In DATA_DIR. One JSON object a line: `at`, `reason`, and the `row` by column. */
export const ASIDE_FILE = 'usage-rejected.ndjson';

/** The rows tell who used what. */
const OWNER_ONLY = 0o600;

/** Where rows go that the database does not take. @throws when they could not be kept there */
export type SetAside = (rows: readonly UsageRow[], reason: string) => Promise<void>;

/** A SetAside that appends to a file. When it resolves the rows are on disk: what else holds them may be deleted. */
export function asideFile(dataDir: string, log: Logger): SetAside {
  const file = join(dataDir, ASIDE_FILE);
  return async (rows, reason) => {
    const at = new Date().toISOString();
    const lines = rows.map((row) => `${JSON.stringify({ at, reason, row: describeRow(row) })}\n`);
    await mkdir(dataDir, { recursive: true });
    await append(file, lines.join(''));
    await syncFolder(dataDir);
    log.error({ rows: rows.length, file, reason }, 'usage rows were set aside');
  };
}

/** All of it, synced, or nothing. */
async function append(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a+', OWNER_ONLY);
  try {
    const { size } = await handle.stat();
    const last = Buffer.from('\n');
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    try {
      // A line that a crash has cut off must not run into ours.
      await handle.appendFile(last[0] === 0x0a ? text : `\n${text}`);
      await handle.sync();
    } catch (error) {
      await handle.truncate(size).catch(() => {});
      throw error;
    }
  } finally {
    await handle.close();
  }
}

/** So that a file that was just made is found again after a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
