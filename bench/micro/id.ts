import { randomBytes } from 'node:crypto';
import { uuidv7 } from '../../src/core/id.ts';
import { type MicroResult, measure } from './micro.ts';

const TIMES = 300_000;

export async function id(share: number): Promise<MicroResult> {
  let length = 0;
  const figures = await measure(
    TIMES * share,
    (times) => {
      for (let i = 0; i < times; i++) length += uuidv7(1_767_225_600_000 + i).length;
    },
    (times) => {
      for (let i = 0; i < times; i++) length += straightforward(1_767_225_600_000 + i).length;
    },
  );
  if (length % 36 !== 0) throw new Error('an id has not 36 characters');
  return {
    name: 'id',
    claim:
      'UUIDv7 from a pool of random bytes and a table (`core/id.ts`), against `randomBytes` and `toString` for each',
    unit: 'µs an id',
    ...figures,
  };
}

function straightforward(at: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(at, 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
