import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Accept, Engine, EngineOptions, Listener } from '../engine.ts';
import { RequestHead } from '../head.ts';
import { statusLine } from '../response.ts';
import { NodeClient, type Shared } from './client.ts';

/** Longest wait for a request head, from its connection's first byte on. */
const HEAD_TIMEOUT_MS = 10_000;
const HEAD_CHECK_INTERVAL_MS = 5_000;
/** How long an idle connection is kept. Longer than that of most balancers in front, so that they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/** node:http, with its strictest parser. Workers share the port by Node's handle passing. */
export const nodeEngine: Engine = {
  name: 'node',
  async listen(options: EngineOptions, accept: Accept): Promise<Listener> {
    const shared: Shared = { drainBytesMax: options.drainBytesMax, stopping: false };
    const server = createServer({
      maxHeaderSize: options.headerBytesMax,
      insecureHTTPParser: false,
      headersTimeout: HEAD_TIMEOUT_MS,
      connectionsCheckingInterval: HEAD_CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      // The exchange bounds the body's time, and a response takes as long as a model thinks.
      requestTimeout: 0,
    });
    // Beyond this number Node drops headers without a word; the size is bounded already.
    server.maxHeadersCount = 0;

    /** The exchange that a connection carries at the moment. */
    const carried = new WeakMap<Duplex, NodeClient>();
    /** Connections whose framing can no longer be trusted: what else comes on them is not served. */
    const condemned = new WeakSet<Duplex>();

    server.on('request', (request, response) => {
      if (condemned.has(request.socket)) return;
      const client = new NodeClient(request, response, readHead(request, options.chunkedAllowed), shared);
      if (client.head.problem !== undefined) condemned.add(request.socket);
      // Node tells a response that waits behind another one nothing when its connection goes.
      if (carried.get(request.socket)?.pending) request.socket.once('close', () => client.left());
      carried.set(request.socket, client);
      client.attach(accept(client));
    });
    server.on('checkContinue', (request, response) => server.emit('request', request, response));
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const client = carried.get(socket);
      if (isFramingError(error.code) && client?.broken()) return;
      if (client?.pending || !socket.writable) socket.destroy();
      else socket.end(refusal(error.code));
    });

    await bind(server, options);
    const { port } = server.address() as AddressInfo;
    const stopAccepting = (): void => {
      if (shared.stopping) return;
      shared.stopping = true;
      // For responses whose head has gone out without saying that the connection will be closed.
      server.keepAliveTimeout = 1;
      server.close();
    };
    const close = (): void => {
      stopAccepting();
      server.closeAllConnections();
    };
    return { port, stopAccepting, close };
  },
};

function bind(server: Server, { host, port }: EngineOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Whether the bytes were wrong; otherwise the client has left. */
function isFramingError(code: string | undefined): boolean {
  return code?.startsWith('HPE_') === true && code !== 'HPE_INVALID_EOF_STATE';
}

function refusal(code: string | undefined): string {
  const status = code === 'HPE_HEADER_OVERFLOW' ? 431 : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  return `HTTP/1.1 ${statusLine(status)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
}

function readHead(request: IncomingMessage, chunkedAllowed: boolean): RequestHead {
  const { method = '', url = '', rawHeaders } = request;
  const mark = url.indexOf('?');
  const head = new RequestHead(
    method,
    mark < 0 ? url : url.slice(0, mark),
    mark < 0 ? '' : url.slice(mark + 1),
  );
  for (let i = 0; i < rawHeaders.length; i += 2) head.add(rawHeaders[i]!.toLowerCase(), rawHeaders[i + 1]!);
  return head.complete(chunkedAllowed);
}
