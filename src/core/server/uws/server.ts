import type { Accept, Engine, EngineOptions, Listener } from '../engine.ts';
import { RequestHead } from '../head.ts';
import type { App, HttpRequest, ListenSocket, Loaded } from './addon.ts';
import { type Shared, UwsClient } from './client.ts';

/** Below the 10 s after which uWebSockets.js gives up on a client that has taken nothing. */
const STALL_INTERVAL_MS = 4_000;

const METHODS: ReadonlyMap<string, string> = new Map(
  ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => [
    method.toLowerCase(),
    method,
  ]),
);

/** uWebSockets.js. Every listener of a port gets its share of the connections, in whichever process it is. */
export function uwsEngine({ addon, version }: Loaded): Engine {
  return {
    name: `uws ${version}`,
    async listen(options: EngineOptions, accept: Accept): Promise<Listener> {
      const shared: Shared = { drainBytesMax: options.drainBytesMax, stopping: false, stalled: new Set() };
      const app = addon.App();
      app.any('/*', (res, req) => {
        const client = new UwsClient(res, readHead(req, options), shared);
        client.attach(accept(client));
      });
      const socket = await bind(app, options);
      const timer = setInterval(() => {
        for (const outbox of shared.stalled) outbox.prolong();
      }, STALL_INTERVAL_MS).unref();
      const port = addon.us_socket_local_port(socket);
      const stopAccepting = (): void => {
        if (shared.stopping) return;
        shared.stopping = true;
        addon.us_listen_socket_close(socket);
      };
      const close = (): void => {
        stopAccepting();
        clearInterval(timer);
        app.close();
      };
      return { port, stopAccepting, close };
    },
  };
}

function bind(app: App, { host, port }: EngineOptions): Promise<ListenSocket> {
  return new Promise((resolve, reject) => {
    app.listen(host, port, (socket) => {
      if (socket === false) reject(new Error(`cannot listen on ${host}, port ${port}`));
      else resolve(socket);
    });
  });
}

// The callback runs within `forEach`, so one for all requests will do.
let head: RequestHead;
let bytes: number;
const addHeader = (name: string, value: string): void => {
  bytes += name.length + value.length + 4;
  head.add(name, value);
};

function readHead(req: HttpRequest, { headerBytesMax, chunkedAllowed }: EngineOptions): RequestHead {
  const method = req.getMethod();
  const path = req.getUrl();
  const query = req.getQuery() ?? '';
  head = new RequestHead(METHODS.get(method) ?? method.toUpperCase(), path, query);
  bytes = method.length + path.length + query.length;
  req.forEach(addHeader);
  // Its own limit holds only for a head that comes in several packets.
  if (bytes > headerBytesMax) head.problem ??= 'head_too_large';
  return head.complete(chunkedAllowed);
}
