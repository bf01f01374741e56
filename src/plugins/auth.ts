import { hash } from 'node:crypto';
import { ProxyError } from '../core/errors.ts';
import type { Plugin } from '../core/plugin.ts';
import type { RequestHead } from '../core/server/head.ts';
import type { Services } from '../core/services.ts';
import type { EpochMs, User } from '../core/types.ts';

const PREFIX = 'apk_';
/** Nothing of another shape is ever issued, so it costs no look-up. */
const SHAPE = /^apk_[\x21-\x7e]{1,252}$/;
const BEARER = /^bearer /i;

/** Who sent this: the owner of the token, if it is in force at this moment. */
export function auth({ directory }: Pick<Services, 'directory'>): Plugin<never, 'user'> {
  return {
    name: 'auth',
    provides: 'user',
    onHead(exchange) {
      const token = readToken(exchange.client.head);
      if (!SHAPE.test(token)) throw new ProxyError('invalid_token');
      const found = directory.findUser(hash('sha256', token, 'hex'));
      const now = exchange.startedAtEpoch;
      return found instanceof Promise ? found.then((user) => inForce(user, now)) : inForce(found, now);
    },
  };
}

/** Every SDK may be set up to send either header, and some send a provider's key of their own in the other one. */
function readToken(head: RequestHead): string {
  const authorization = head.get('authorization');
  const bearer =
    authorization !== undefined && BEARER.test(authorization) ? authorization.slice(7).trim() : '';
  const key = head.get('x-api-key') ?? '';
  if (bearer === '' && key === '') throw new ProxyError('missing_token');
  if (!bearer.startsWith(PREFIX)) return key === '' ? bearer : key;
  if (key.startsWith(PREFIX) && key !== bearer) {
    throw new ProxyError('malformed_head', {
      message: 'Authorization and x-api-key carry different API tokens.',
    });
  }
  return bearer;
}

/** Checked on every request: a remembered token may have expired since. */
function inForce(user: User | null, now: EpochMs): User {
  if (user === null || !user.active || user.expiresAt <= now) throw new ProxyError('invalid_token');
  return user;
}
