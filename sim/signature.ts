import { createHmac } from 'node:crypto';

/* What a vendor signs so that it can tell later whether it comes back unchanged. All simulators share one key. */

const KEY = 'simulator';
const MAC_LENGTH = 43;

const mac = (text: string): string => createHmac('sha256', KEY).update(text).digest('base64url');

/** @returns base64, as opaque as the real ones */
export function sign(text: string): string {
  return Buffer.from(`signed:${mac(text)}`).toString('base64');
}

/** Whether this signature was made for this text. */
export const isSigned = (text: string, signature: string): boolean => signature === sign(text);

/** A text that only the simulator can read again: redacted thinking, encrypted reasoning. */
export function seal(text: string): string {
  return Buffer.from(mac(text) + text).toString('base64');
}

export function isSealed(sealed: string): boolean {
  const opened = Buffer.from(sealed, 'base64').toString();
  return opened.slice(0, MAC_LENGTH) === mac(opened.slice(MAC_LENGTH));
}
