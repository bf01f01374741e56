import { chat } from '../core/dialects/openai.ts';
import type { Route } from '../core/edge.ts';
import { type EndpointOptions, endpoint } from '../core/endpoint.ts';
import { ProxyError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { rangeOf } from '../core/reconcile/range.ts';
import type { Database } from './database.ts';
import { type ExportOptions, UsageExport } from './export.ts';
import { invalid, parseQuery, USAGE_RANGE } from './input.ts';
import { keyHandlers } from './keys.ts';
import { type ReconcileServices, reconcileHandler } from './reconcile.ts';
import { requireSecret } from './secret.ts';
import { FORMATS } from './table.ts';

const BODY_BYTES_MAX = 16_384;
/** In each worker. Each has a database connection of its own. */
const EXPORTS_MAX = 2;

export interface AdminServices {
  /** Undefined: there is no admin API. */
  readonly secret: string | undefined;
  readonly database: Database;
  readonly exports: ExportOptions;
  readonly reconcile: ReconcileServices;
  readonly onDone: EndpointOptions['onDone'];
}

/** The admin API. The secret is checked before any body is read. Errors have OpenAI's shape. */
export function adminRoutes({ secret, database, exports, reconcile, onDone }: AdminServices): Route[] {
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
    { path: '/admin/reconcile', api: chat, handlers: { GET: endpoint(common, reconcileHandler(reconcile)) } },
  ];
}

function usageHandler(options: ExportOptions): (exchange: Exchange) => Promise<void> {
  let running = 0;
  return async (exchange) => {
    const { head } = exchange.client;
    const query = parseQuery(USAGE_RANGE, head.query);
    const { from, to } = rangeOf(query.from, query.to);
    if (from >= to) throw invalid('from', 'must be before to');
    const format = FORMATS[query.format];
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
