import { chat } from './core/dialects/openai.ts';
import type { Route } from './core/edge.ts';
import { type EndpointOptions, endpoint } from './core/endpoint.ts';
import type { Exchange } from './core/exchange.ts';
import { CONTENT_TYPE } from './core/metrics/render.ts';
import type { Awaitable } from './core/plugin.ts';

export interface OperatorServices {
  /**
   * Why this worker should get no new requests; none: it is ready. A database that is down is no reason: known
   * tokens go on, and taking every node out at once would help nobody.
   */
  readonly obstacles: () => readonly string[];
  /** The Prometheus text over all workers, cut into parts; undefined if it cannot be had in time. */
  readonly scrape: () => Promise<readonly Uint8Array[] | undefined>;
  readonly version: string;
  readonly onDone: EndpointOptions['onDone'];
}

const PLAIN = 'text/plain; charset=utf-8';
/** Probes and scrapes must see what is, not what some cache in between remembers. */
const FRESH = ['cache-control', 'no-store'];

/** What orchestrators, balancers and Prometheus ask for. Open to everybody: no answer holds a secret. */
export function operatorRoutes({ obstacles, scrape, version, onDone }: OperatorServices): Route[] {
  const get = (path: string, handle: (exchange: Exchange) => Awaitable<void>): Route => ({
    path,
    api: chat,
    handlers: { GET: endpoint({ onDone }, handle) },
  });
  const json = (exchange: Exchange, status: number, body: unknown) =>
    exchange.respond(status, JSON.stringify(body), undefined, FRESH);

  return [
    // Claude Code asks for `HEAD /` before its first message.
    get('/', (exchange) => json(exchange, 200, { name: 'apipod', version })),
    get('/livez', (exchange) => json(exchange, 200, { status: 'alive' })),
    get('/readyz', (exchange) => {
      const reasons = obstacles();
      if (reasons.length === 0) json(exchange, 200, { status: 'ready' });
      else json(exchange, 503, { status: 'unavailable', reasons });
    }),
    get('/health', (exchange) =>
      json(exchange, 200, { status: 'healthy', version, uptime_seconds: Math.floor(process.uptime()) }),
    ),
    get('/metrics', async (exchange) => {
      const parts = await scrape();
      if (parts !== undefined) exchange.respond(200, parts, CONTENT_TYPE, FRESH);
      else exchange.respond(503, 'The primary process did not answer in time.\n', PLAIN, FRESH);
    }),
  ];
}
