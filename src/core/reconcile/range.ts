import type { EpochMs } from '../types.ts';

/** Request times: `from` is in it, `to` is not. */
export interface Range {
  readonly from: Date;
  readonly to: Date;
}

const RANGE_STANDARD_MS = 86_400_000;
/** 48 bits. */
const ID_TIME_MAX = 0xffff_ffff_ffff;

/** Without `to` it ends now, without `from` it is 24 hours long. */
export function rangeOf(from: Date | undefined, to: Date = new Date()): Range {
  return { from: from ?? new Date(to.getTime() - RANGE_STANDARD_MS), to };
}

/** The least UUIDv7 of that instant: ids and times have the same order. */
export function firstId(at: EpochMs): string {
  const hex = Math.min(Math.max(at, 0), ID_TIME_MAX).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** When a request came in, by its UUIDv7. */
export function timeOf(requestId: string): EpochMs {
  return Number.parseInt(requestId.slice(0, 8) + requestId.slice(9, 13), 16);
}

export function isWithin({ from, to }: Range, requestId: string): boolean {
  const at = timeOf(requestId);
  return at >= from.getTime() && at < to.getTime();
}
