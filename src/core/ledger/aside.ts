import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../log.ts';
import type { UsageRow } from '../types.ts';
import { describeRow } from './row.ts';

/** In DATA_DIR. One JSON object a line: `at`, `reason`, and the `row` by column. */
export const ASIDE_FILE = 'usage-rejected.ndjson';

/** The rows tell who used what. */
const OWNER_ONLY = 0o600;

/** Where rows go that the database does not take. */
export type SetAside = (rows: readonly UsageRow[], reason: string) => Promise<void>;

/** A SetAside that appends to a file. Never rejects: if even the file fails, the rows are in the log. */
export function asideFile(dataDir: string, log: Logger): SetAside {
  const file = join(dataDir, ASIDE_FILE);
  return async (rows, reason) => {
    const at = new Date().toISOString();
    const described = rows.map(describeRow);
    log.error({ rows: rows.length, file, reason }, 'usage rows were set aside');
    try {
      await mkdir(dataDir, { recursive: true });
      const lines = described.map((row) => `${JSON.stringify({ at, reason, row })}\n`);
      await appendFile(file, lines.join(''), { mode: OWNER_ONLY });
    } catch (err) {
      log.error(
        { err, rows: described },
        'usage rows could not even be set aside; this line is all there is',
      );
    }
  };
}
