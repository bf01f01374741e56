import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ASIDE_FILE } from '../ledger/aside.ts';
import { unlessMissing } from '../ledger/files.ts';
import { isWithin, type Range } from './range.ts';
import type { Sum } from './types.ts';

interface AsideRow {
  readonly request_id: string;
  readonly token_count: string;
}

/** The rows that were set aside and whose requests came in within the range. */
export async function sumAside(dataDir: string, range: Range): Promise<Sum> {
  // A row may have been set aside more than once: by a life that was killed right after, and by the next.
  const tokens = new Map<string, number>();
  await eachAside(dataDir, ({ request_id, token_count }) => {
    if (isWithin(range, request_id)) tokens.set(request_id, Number(token_count));
  });
  return { rows: tokens.size, tokens: [...tokens.values()].reduce((sum, count) => sum + count, 0) };
}

/** Which of these ids were set aside. */
export async function findAside(dataDir: string, ids: ReadonlySet<string>): Promise<Set<string>> {
  const found = new Set<string>();
  await eachAside(dataDir, ({ request_id }) => {
    if (ids.has(request_id)) found.add(request_id);
  });
  return found;
}

async function eachAside(dataDir: string, use: (row: AsideRow) => void): Promise<void> {
  const file = await open(join(dataDir, ASIDE_FILE)).catch(unlessMissing);
  if (file === undefined) return;
  // The end of the lines closes the file.
  for await (const line of file.readLines()) {
    const row = parse(line);
    if (row !== undefined) use(row);
  }
}

/** @returns undefined for a line that is being written, or that somebody has touched */
function parse(line: string): AsideRow | undefined {
  try {
    const { row } = JSON.parse(line) as { row?: AsideRow };
    return typeof row?.request_id === 'string' ? row : undefined;
  } catch {
    return undefined;
  }
}
