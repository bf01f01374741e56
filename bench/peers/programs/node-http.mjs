// A streaming proxy by hand, from node:http to node:http(s): heads are copied as they came but for what belongs to the
// connection, bodies are piped both ways, and whoever leaves early ends the other side as well.
import http from 'node:http';
import https from 'node:https';
import { CONNECTIONS_MAX, ca, IDLE_TIMEOUT_MS, listen, upstream } from './options.mjs';

// RFC 9110, section 7.6.1. Node frames the body itself, by content-length if there is one.
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const { protocol, hostname, port, host } = new URL(upstream);
const client = protocol === 'https:' ? https : http;
const agent = new client.Agent({
  keepAlive: true,
  maxSockets: CONNECTIONS_MAX,
  maxFreeSockets: CONNECTIONS_MAX,
  timeout: IDLE_TIMEOUT_MS,
  ...(ca === undefined ? {} : { ca }),
});

const server = http.createServer((request, response) => {
  const { method, url: path } = request;
  const headers = endToEnd(request.rawHeaders, ['host', host]);
  const ask = client.request({ agent, hostname, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode, endToEnd(answer.rawHeaders, []));
    answer.pipe(response);
    // The end of what is piped is not an error of the pipe: a cut answer must not look whole.
    answer.once('error', () => response.destroy());
  });
  ask.once('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.once('close', () => {
    if (!response.writableFinished) ask.destroy();
  });
  request.pipe(ask);
});
listen(server);

/** Names and values in turn, as Node takes them and gives them. */
function endToEnd(raw, headers) {
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i].toLowerCase();
    if (name !== 'host' && !HOP_BY_HOP.has(name)) headers.push(raw[i], raw[i + 1]);
  }
  return headers;
}
