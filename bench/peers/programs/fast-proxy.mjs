// fast-proxy on a plain node:http server. Its README advises undici for 20 to 50 % more requests; an undici pool opens a
// connection for each request that waits. https://github.com/fastify/fast-proxy
import { createServer } from 'node:http';
import fastProxy from 'fast-proxy';
import { CONNECTIONS_MAX, ca, IDLE_TIMEOUT_MS, listen, upstream } from './options.mjs';

const { proxy } = fastProxy({
  base: upstream,
  undici: {
    connections: CONNECTIONS_MAX,
    pipelining: 1,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    keepAliveMaxTimeout: IDLE_TIMEOUT_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(ca === undefined ? {} : { connect: { ca } }),
  },
});

listen(createServer((request, response) => proxy(request, response, request.url, {})));
