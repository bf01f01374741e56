import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { journalRoot } from '../ledger/journal/life.ts';
import { ifGone } from './segment.ts';
import type { ChainHead, HeadRecord } from './types.ts';

const NODE_FILE = 'node-id';
/** In the folder of the journals. */
export const HEAD_FILE = 'head.json';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @returns null if no gateway has run on this folder */
export async function readNodeId(dataDir: string): Promise<string | null> {
  const id = (await readFile(join(dataDir, NODE_FILE), 'utf8').catch(ifGone))?.trim().toLowerCase();
  return id !== undefined && UUID.test(id) ? id : null;
}

/** What this node wrote last, by its own account. @returns null if it is not there, or not readable */
export async function readHead(dataDir: string): Promise<HeadRecord | null> {
  const text = await readFile(join(journalRoot(dataDir), HEAD_FILE), 'utf8').catch(ifGone);
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
  const found = await stat(join(journalRoot(dataDir), HEAD_FILE)).catch(ifGone);
  return found?.mtime ?? null;
}

function headOf({ seq, hash }: { seq: unknown; hash: unknown }): ChainHead | null {
  const head = { seq: Number(seq), hash: String(hash).toLowerCase() };
  return Number.isSafeInteger(head.seq) && /^[0-9a-f]{64}$/.test(head.hash) ? head : null;
}
