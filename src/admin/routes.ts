import { chat } from '../core/dialects/openai.ts';
import type { Route } from '../core/edge.ts';
import { type EndpointOptions, endpoint } from '../core/endpoint.ts';
import { ProxyError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Database } from './database.ts';
import { type ExportOptions, UsageExport } from './export.ts';
import { invalid, parseQuery, USAGE_RANGE } from './input.ts';
import { keyHandlers } from './keys.ts';
import { requireSecret } from './secret.ts';
import { FORMATS } from './table.ts';

const BODY_BYTES_MAX = 16_384;
/** In each worker. Each has a database connection of its own. */
const EXPORTS_MAX = 2;
const RANGE_STANDARD_MS = 86_400_000;

export interface AdminServices {
  /** Undefined: there is no admin API. */
  readonly secret: string | undefined;
  readonly database: Database;
  readonly exports: ExportOptions;
  readonly onDone: EndpointOptions['onDone'];
}

/** The admin API. The secret is checked before any body is read. Errors have OpenAI's shape. */
export function adminRoutes({ secret, database, exports, onDone }: AdminServices): Route[] {
  if (secret === undefined) return [];
  const common = { guard: requireSecret(secret), onDone };
  const withBody = { ...common, bodyBytesMax: BODY_BYTES_MAX };
  const keys = keyHandlers(database);
  return [
    { path: '/admin/create-key', api: chat, handlers: { POST: endpoint(withBody, keys.create) } },
    { path: '/admin/keys', api: chat, handlers: { GET: endpoint(common, keys.list) } },
    {
      path: '/admin/keys/*',
      api: chat,
      handlers: { PATCH: endpoint(withBody, keys.change), DELETE: endpoint(common, keys.revoke) },
    },
    { path: '/admin/usage', api: chat, handlers: { GET: endpoint(common, usageHandler(exports)) } },
  ];
}

function usageHandler(options: ExportOptions): (exchange: Exchange) => Promise<void> {
  let running = 0;
  return async (exchange) => {
    const { head } = exchange.client;
    const range = parseQuery(USAGE_RANGE, head.query);
    const to = range.to ?? new Date();
    const from = range.from ?? new Date(to.getTime() - RANGE_STANDARD_MS);
    if (from >= to) throw invalid('from', 'must be before to');
    const format = FORMATS[range.format];
    if (head.method === 'HEAD') {
      exchange.respond(200, '', format.contentType);
      return;
    }
    if (running >= EXPORTS_MAX) throw new ProxyError('too_many_exports');
    // Counted down when the exchange ends: a connection that is dropped while it opens never lets `run` return.
    const usage = new UsageExport(exchange, format, options, () => running--);
    running++;
    await usage.run(from, to);
  };
}
