import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../ledger/files.ts';
import { eachRecord } from '../ledger/journal/block.ts';
import { isAlive, isLife, journalRoot, segmentNumber } from '../ledger/journal/life.ts';
import { payloadsOf } from './segment.ts';

const DAMAGED = '.damaged';

export interface JournalReader {
  onLife?(alive: boolean): void;
  onRecord(kind: string, row: string): void;
  /** After a block or more of records. */
  onPause?(): Promise<void>;
  /** All records of a life have been read. */
  onLifeEnd?(alive: boolean): void;
  onDamaged?(): void;
}

/**
 * Reads all journals of a node, while they are written and deleted by others. What is deleted meanwhile is left out:
 * its ended exchanges were in the database before it went, and the open ones stand in a later file, which is read.
 */
export async function readJournals(dataDir: string, reader: JournalReader): Promise<void> {
  const root = journalRoot(dataDir);
  for (const life of await list(root)) {
    if (life.endsWith(DAMAGED)) reader.onDamaged?.();
    if (!isLife(life)) continue;
    // Asked before its files are read: what a writer that has died since wrote last is read as well.
    const alive = isAlive(life);
    reader.onLife?.(alive);
    await readLife(join(root, life), reader);
    reader.onLifeEnd?.(alive);
  }
}

async function readLife(folder: string, reader: JournalReader): Promise<void> {
  const first = await list(folder);
  for (const name of first) if (name.endsWith(DAMAGED)) reader.onDamaged?.();
  // A row of an open exchange moves on into new files, and the old ones go: until there are no new ones.
  for (let names = first, read = 0; ; names = await list(folder)) {
    const segments = names.filter((name) => (segmentNumber(name) ?? 0) > read);
    const last = segments.at(-1);
    if (last === undefined) return;
    for (const segment of segments) {
      // In the last one it is a write that is under way, or one that was never acknowledged.
      const onBad = () => {
        if (segment !== last) reader.onDamaged?.();
      };
      for await (const payload of payloadsOf(join(folder, segment), onBad)) {
        eachRecord(payload, (kind, row) => reader.onRecord(kind, row));
        await reader.onPause?.();
      }
    }
    read = segmentNumber(last)!;
  }
}

/** In the order of their names, which for segments is that of their numbers. */
async function list(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(unlessMissing);
  return names?.toSorted() ?? [];
}
