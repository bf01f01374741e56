import { crc32 } from 'node:zlib';

/*
 * A journal is a sequence of blocks, one for each write: a head of 8 bytes, which are the payload's length and its
 * CRC-32 (both 32 bits, little-endian), and the payload: lines of UTF-8 that end in LF. The first character of a line
 * says what kind of record it is, the rest is a usage row. Behind the last block the file holds zeros, or ends.
 * CRC-32 rather than CRC-32C: Node has it built in, and it finds torn writes as well.
 */

export const HEAD_BYTES = 8;
/** Larger ones are never written: a length beyond it is damage. */
export const PAYLOAD_BYTES_MAX = 16_777_216;

/** The row if nothing else follows; something else may. */
export const OPEN = 'o';
/** The last row of its exchange. */
export const FINAL = 'f';

const LF = 0x0a;

/** Writes the head in front of a payload. @param block HEAD_BYTES of room, then the payload */
export function sealBlock(block: Buffer): void {
  const payload = block.subarray(HEAD_BYTES);
  block.writeUInt32LE(payload.length, 0);
  block.writeUInt32LE(crc32(payload), 4);
}

export type BlockAt =
  /** A whole block. `end` is where the next one begins. */
  | { readonly kind: 'block'; readonly payload: Buffer; readonly end: number }
  /** Nothing was written here yet. */
  | { readonly kind: 'end' }
  /** More bytes are needed: so many from the beginning of the block. */
  | { readonly kind: 'short'; readonly bytes: number }
  /** The block is torn or damaged. */
  | { readonly kind: 'bad' };

/** Looks at what stands at a position. The payload is a view of the bytes. */
export function blockAt(bytes: Buffer, at: number): BlockAt {
  if (bytes.length - at < HEAD_BYTES) {
    const rest = bytes.subarray(at);
    return rest.every((byte) => byte === 0) ? { kind: 'end' } : { kind: 'short', bytes: HEAD_BYTES };
  }
  const length = bytes.readUInt32LE(at);
  if (length === 0) return { kind: 'end' };
  if (length > PAYLOAD_BYTES_MAX) return { kind: 'bad' };
  const end = at + HEAD_BYTES + length;
  if (end > bytes.length) return { kind: 'short', bytes: HEAD_BYTES + length };
  const payload = bytes.subarray(at + HEAD_BYTES, end);
  if (crc32(payload) !== bytes.readUInt32LE(at + 4) || payload[length - 1] !== LF) return { kind: 'bad' };
  return { kind: 'block', payload, end };
}

/** The records of a payload in order. @param row its text is the caller's own: it does not hold on to the payload */
export function eachRecord(payload: Buffer, use: (kind: string, row: string) => void): void {
  for (let at = 0; at < payload.length; ) {
    const end = payload.indexOf(LF, at);
    use(String.fromCharCode(payload[at]!), payload.toString('utf8', at + 1, end));
    at = end + 1;
  }
}
