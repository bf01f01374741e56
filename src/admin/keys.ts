import { createHash, randomBytes } from 'node:crypto';
import { ProxyError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { type Database, databaseError } from './database.ts';
import { invalid, KEY_CHANGE, KEY_CREATION, KEY_ID, KEY_PAGE, parseBody, parseQuery } from './input.ts';

const TOKEN_PREFIX = 'apk_';
const TOKEN_RANDOM_BYTES = 32;
/** As the trigger of the table cuts it. */
const HINT_LENGTH = 8;

const KEY_COLUMNS = `users.user_id AS id, username AS name, token_hint, active, created_at, expires_at,
  (SELECT sub_name FROM subscriptions WHERE subscriptions.sub_id = users.sub_id) AS sub_name`;
const EXPIRY = `now() + $2 * interval '24 hours'`;

type Row = Record<string, unknown>;
type Handle = (exchange: Exchange) => Promise<void>;

/** API keys: each is a row of `users`. One name may have many. A token is shown once, when it is made. */
export function keyHandlers(database: Database): Record<'create' | 'list' | 'change' | 'revoke', Handle> {
  const query = async (text: string, values: unknown[]): Promise<Row[]> => {
    try {
      return (await database.query(text, values)).rows;
    } catch (thrown) {
      throw databaseError(thrown);
    }
  };
  const planId = async (subName: string): Promise<unknown> => {
    const [plan] = await query('SELECT sub_id FROM subscriptions WHERE sub_name = $1', [subName]);
    if (plan === undefined) throw invalid('sub_name', 'is not the name of a plan');
    return plan.sub_id;
  };

  return {
    async create(exchange) {
      const encoding = exchange.client.head.get('content-encoding');
      const { name, sub_name, expires_in } = parseBody(KEY_CREATION, exchange.body, encoding);
      const token = TOKEN_PREFIX + randomBytes(TOKEN_RANDOM_BYTES).toString('base64url');
      // Hashed here, not by the trigger: the plain token must not show up in the database's logs.
      const digest = createHash('sha256').update(token).digest('hex');
      const [row] = await query(
        `INSERT INTO users (username, expires_at, apitoken, token_hint, sub_id)
         VALUES ($1, ${EXPIRY}, $3, $4, $5) RETURNING created_at, expires_at`,
        [name, expires_in ?? null, digest, token.slice(0, HINT_LENGTH), await planId(sub_name)],
      );
      const key = { api_token: token, name, sub_name, ...row };
      exchange.respond(201, JSON.stringify(key), undefined, ['cache-control', 'no-store']);
    },

    async list(exchange) {
      const { limit, after } = parseQuery(KEY_PAGE, exchange.client.head.query);
      const keys = await query(
        `SELECT ${KEY_COLUMNS} FROM users WHERE user_id > $1::bigint ORDER BY user_id LIMIT $2`,
        [after, limit],
      );
      const next = keys.length < limit ? null : keys.at(-1)!.id;
      exchange.respond(200, JSON.stringify({ keys, next }));
    },

    async change(exchange) {
      const id = keyId(exchange);
      const encoding = exchange.client.head.get('content-encoding');
      const change = parseBody(KEY_CHANGE, exchange.body, encoding);
      const { sub_name, active, expires_in } = change;
      if (Object.keys(change).length === 0) {
        throw new ProxyError('invalid_field', { message: 'Give sub_name, active or expires_in.' });
      }
      const rows = await query(
        `UPDATE users SET
           sub_id = coalesce($4, sub_id),
           active = coalesce($5, active),
           expires_at = CASE WHEN $3 THEN ${EXPIRY} ELSE expires_at END
         WHERE user_id = $1::bigint RETURNING ${KEY_COLUMNS}`,
        [
          id,
          expires_in ?? null,
          expires_in !== undefined,
          sub_name === undefined ? null : await planId(sub_name),
          active ?? null,
        ],
      );
      respondKey(exchange, rows);
    },

    async revoke(exchange) {
      const rows = await query(
        `UPDATE users SET active = false WHERE user_id = $1::bigint RETURNING ${KEY_COLUMNS}`,
        [keyId(exchange)],
      );
      respondKey(exchange, rows);
    },
  };
}

/** From `/admin/keys/<id>`. */
function keyId({ client }: Exchange): string {
  const id = KEY_ID.safeParse(client.head.path.split('/').slice(3).join('/'));
  if (!id.success) throw noKey();
  return id.data;
}

function respondKey(exchange: Exchange, [key]: Row[]): void {
  if (key === undefined) throw noKey();
  exchange.respond(200, JSON.stringify(key));
}

const noKey = () => new ProxyError('not_found', { message: 'There is no key of that id.' });
