import { messages } from './dialects/anthropic.ts';
import type { Api } from './dialects/api.ts';
import { chat } from './dialects/openai.ts';
import { ProxyError } from './errors.ts';
import { Exchange, type Handler, type Surroundings } from './exchange.ts';
import { uuidv7 } from './id.ts';
import type { Accept, Client } from './server/engine.ts';
import type { RequestHead } from './server/head.ts';

export interface Route {
  /** An exact path, or a prefix if it ends in `/*`. Also the route's name in the metrics. */
  readonly path: string;
  /** In whose words errors are told. Omitted: the one that the client most likely speaks. */
  readonly api?: Api;
  /** By method. HEAD is served by GET's handler; the engine leaves the body out. */
  readonly handlers: {
    readonly GET?: Handler;
    readonly POST?: Handler;
    readonly PATCH?: Handler;
    readonly DELETE?: Handler;
  };
}

const USABLE_REQUEST_ID = /^[\w.:-]{1,128}$/;

/** Gives requests that have no route of their own an end in the books. */
const NOWHERE: Handler = { onHead() {}, onBody() {}, onResponse() {}, onChunk() {}, onDone() {} };

/**
 * Turns each request of an engine into an exchange and starts it on its route's handler. Requests that cannot be
 * served are answered here, in the dialect that their sender most likely speaks.
 */
export function createEdge(
  routes: readonly Route[],
  surroundings: Surroundings,
  unrouted: Handler = NOWHERE,
): Accept {
  const exact = new Map(
    routes.filter(({ path }) => !path.endsWith('/*')).map((route) => [route.path, route]),
  );
  const prefixes = routes
    .filter(({ path }) => path.endsWith('/*'))
    .map((route) => ({ prefix: route.path.slice(0, -1), route }));
  const find = (path: string): Route | undefined =>
    exact.get(path) ??
    prefixes.find(({ prefix }) => path.startsWith(prefix) && path.length > prefix.length)?.route;

  return (client: Client): Exchange => {
    const { head } = client;
    const route = find(head.path);
    const handler = handlerFor(route, head.method);
    const now = Date.now();
    const id = uuidv7(now);
    const asked = head.get('x-request-id');
    const exchange = new Exchange(
      id,
      asked !== undefined && USABLE_REQUEST_ID.test(asked) ? asked : id,
      client,
      route?.path ?? 'none',
      route?.api ?? guessApi(head),
      handler ?? unrouted,
      now,
      surroundings,
    );
    if (head.problem !== undefined) exchange.fail(new ProxyError(head.problem), true);
    else if (surroundings.closing) exchange.fail(new ProxyError('stopping'), true);
    else if (head.contentLength > surroundings.bodyBytesMax) exchange.fail(new ProxyError('body_too_large'));
    else if (isEncoded(head)) exchange.fail(new ProxyError('unsupported_encoding'));
    else if (route === undefined) exchange.fail(new ProxyError('not_found'));
    else if (handler === undefined) exchange.fail(methodNotAllowed(route));
    else exchange.handler.onHead(exchange);
    return exchange;
  };
}

function handlerFor(route: Route | undefined, method: string): Handler | undefined {
  if (route === undefined) return undefined;
  const { GET, POST, PATCH, DELETE } = route.handlers;
  if (method === 'POST') return POST;
  if (method === 'GET' || method === 'HEAD') return GET;
  if (method === 'PATCH') return PATCH;
  return method === 'DELETE' ? DELETE : undefined;
}

function methodNotAllowed({ handlers }: Route): ProxyError {
  const methods = Object.keys(handlers);
  if (handlers.GET) methods.push('HEAD');
  const allow = methods.join(', ');
  return new ProxyError('method_not_allowed', {
    message: `This path takes ${allow}.`,
    headers: ['allow', allow],
  });
}

/** Anthropic's SDKs name their API version in every request; nobody else does. */
function guessApi(head: RequestHead): Api {
  return head.path.startsWith('/v1/messages') || head.get('anthropic-version') !== undefined
    ? messages
    : chat;
}

function isEncoded(head: RequestHead): boolean {
  const encoding = head.get('content-encoding');
  return encoding !== undefined && encoding.toLowerCase() !== 'identity';
}
