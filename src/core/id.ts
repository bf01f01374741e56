import { randomFillSync } from 'node:crypto';
import type { EpochMs } from './types.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const RANDOM_BYTES_PER_ID = 10;
const pool = new Uint8Array(RANDOM_BYTES_PER_ID * 256);
let used = pool.length;

/**
 * A UUIDv7 (RFC 9562, section 5.7) for that instant: 48 bits of time, 74 random bits. Written out here because it
 * runs once an exchange: 0.2 µs, where `randomBytes` and `toString` for each take 1.9 µs (bench case `id`).
 */
export function uuidv7(at: EpochMs): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const r = used;
  used += RANDOM_BYTES_PER_ID;
  const seconds = Math.floor(at / 0x10000);
  const time =
    HEX[(seconds >>> 24) & 0xff]! +
    HEX[(seconds >>> 16) & 0xff]! +
    HEX[(seconds >>> 8) & 0xff]! +
    HEX[seconds & 0xff]!;
  const millis = at % 0x10000;
  return (
    `${time}-${HEX[millis >>> 8]!}${HEX[millis & 0xff]!}` +
    `-${HEX[0x70 | (pool[r]! & 0x0f)]!}${HEX[pool[r + 1]!]!}` +
    `-${HEX[0x80 | (pool[r + 2]! & 0x3f)]!}${HEX[pool[r + 3]!]!}` +
    `-${HEX[pool[r + 4]!]!}${HEX[pool[r + 5]!]!}${HEX[pool[r + 6]!]!}${HEX[pool[r + 7]!]!}` +
    `${HEX[pool[r + 8]!]!}${HEX[pool[r + 9]!]!}`
  );
}
