import { createHash, timingSafeEqual } from 'node:crypto';
import { ProxyError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A guard that lets only requests with this secret in. The time it takes tells nothing about the secret. */
export function requireSecret(secret: string): (exchange: Exchange) => void {
  const expected = digest(secret);
  return ({ client }) => {
    const given = client.head.get('x-admin-secret') ?? '';
    // Digests have one length, which timingSafeEqual insists on; the given one's own length does not show either.
    if (!timingSafeEqual(digest(given), expected)) throw new ProxyError('wrong_admin_secret');
  };
}
