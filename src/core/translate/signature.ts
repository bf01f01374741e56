import { isTooDeep } from './depth.ts';
import { isObject } from './read.ts';
import type { JsonObject } from './translation.ts';

/**
 * What every signature begins with that the gateway makes. No provider's own does: they are plain base64. Its first
 * character is rare in requests, so a search for it goes through them at the speed of `memchr` (bench case `mark`).
 */
export const MARK = '~apipod.';
const MARK_BYTES = Buffer.from(MARK);

/**
 * The `signature` of a thinking block, or the `data` of a redacted one, that the gateway makes from another provider's
 * reasoning. Clients send such blocks back as they are, so what the provider wants back with its reasoning rides in it.
 * @param details nothing: the text of the block is all there is
 */
export function sign(details: JsonObject = {}): string {
  if (Object.keys(details).length === 0) return MARK;
  return MARK + Buffer.from(JSON.stringify(details)).toString('base64url');
}

/**
 * The details of a signature that the gateway made; undefined for any other. Clients may send anything, so each detail
 * may have any type, and what cannot be read is as good as empty.
 */
export function read(signature: unknown): JsonObject | undefined {
  if (typeof signature !== 'string' || !signature.startsWith(MARK)) return undefined;
  try {
    const details: unknown = JSON.parse(Buffer.from(signature.slice(MARK.length), 'base64url').toString());
    return isObject(details) && !isTooDeep(details) ? details : {};
  } catch {
    return {};
  }
}

/** Whether such a signature may stand in a request. It errs only by saying yes. */
export function maybeSigned(body: Buffer): boolean {
  return body.includes(MARK_BYTES);
}
