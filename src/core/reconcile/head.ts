import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HEAD_FILE, isUuid, NODE_FILE, unlessMissing } from '../ledger/files.ts';
import { journalRoot } from '../ledger/journal/life.ts';
import type { ChainHead, HeadRecord } from './types.ts';

/** @returns null if no gateway has run on this folder */
export async function readNodeId(dataDir: string): Promise<string | null> {
  const id = (await readFile(join(dataDir, NODE_FILE), 'utf8').catch(unlessMissing))?.trim().toLowerCase();
  return id !== undefined && isUuid(id) ? id : null;
}

/** What this node wrote last, by its own account. @returns null if it is not there, or not readable */
export async function readHead(dataDir: string): Promise<HeadRecord | null> {
  const text = await readFile(join(journalRoot(dataDir), HEAD_FILE), 'utf8').catch(unlessMissing);
  try {
    const { cut, ...rest } = JSON.parse(text ?? 'null') as { seq: unknown; hash: unknown; cut?: ChainHead };
    const head = headOf(rest);
    return head === null ? null : { ...head, cut: cut === undefined ? null : headOf(cut) };
  } catch {
    return null;
  }
}

/** When that was written, by the file's own time. */
export async function headWrittenAt(dataDir: string): Promise<Date | null> {
  const found = await stat(join(journalRoot(dataDir), HEAD_FILE)).catch(unlessMissing);
  return found?.mtime ?? null;
}

function headOf({ seq, hash }: { seq: unknown; hash: unknown }): ChainHead | null {
  const head = { seq: Number(seq), hash: String(hash).toLowerCase() };
  return Number.isSafeInteger(head.seq) && /^[0-9a-f]{64}$/.test(head.hash) ? head : null;
}
