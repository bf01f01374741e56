import { type FileHandle, open } from 'node:fs/promises';
import { unlessMissing } from '../ledger/files.ts';
import { blockAt, HEAD_BYTES } from '../ledger/journal/block.ts';

/** Little enough that a worker which serves clients hardly notices the reading. */
const READ_BYTES = 131_072;

/**
 * The payloads of one segment in order, up to its end or to what cannot be read: a write that is under way, or that
 * never was completed, or damage. Holds one block and one read of it in memory. A file that is not there has none.
 * @param onBad is called before the end if that was not a clean one
 */
export async function* payloadsOf(file: string, onBad: () => void): AsyncGenerator<Buffer> {
  const handle = await open(file).catch(unlessMissing);
  if (handle === undefined) return;
  try {
    let bytes: Buffer = Buffer.alloc(0);
    let position = 0;
    for (let wanted = HEAD_BYTES; ; ) {
      const more = await readUpTo(handle, position, wanted - bytes.length);
      position += more.length;
      if (more.length > 0) bytes = bytes.length === 0 ? more : Buffer.concat([bytes, more]);
      const found = blockAt(bytes, 0);
      if (found.kind === 'block') {
        yield found.payload;
        bytes = bytes.subarray(found.end);
        wanted = HEAD_BYTES;
      } else if (found.kind === 'short' && bytes.length >= wanted) {
        wanted = found.bytes;
      } else {
        if (found.kind !== 'end') onBad();
        return;
      }
    }
  } finally {
    await handle.close();
  }
}

/** At least so many bytes, unless the file ends. */
async function readUpTo(handle: FileHandle, position: number, wanted: number): Promise<Buffer> {
  if (wanted <= 0) return Buffer.alloc(0);
  const bytes = Buffer.allocUnsafe(Math.max(READ_BYTES, wanted));
  let length = 0;
  while (length < wanted) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
