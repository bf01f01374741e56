// @fastify/http-proxy with undici, its default and the way that its docs advise, no log, and more connections than the
// 128 that it opens by itself, which would have streams wait. https://github.com/fastify/fastify-http-proxy
import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { CONNECTIONS_MAX, ca, IDLE_TIMEOUT_MS, upstream } from './options.mjs';

const server = Fastify({
  logger: false,
  keepAliveTimeout: IDLE_TIMEOUT_MS,
  requestTimeout: 0,
  bodyLimit: 10 * 1024 * 1024,
});
server.register(proxy, {
  upstream,
  disableRequestLogging: true,
  undici: {
    connections: CONNECTIONS_MAX,
    pipelining: 1,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    keepAliveMaxTimeout: IDLE_TIMEOUT_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    // Without `rejectUnauthorized` it would trust anybody.
    ...(ca === undefined ? {} : { tls: { ca, rejectUnauthorized: true } }),
  },
});
console.log(await server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }));
