// What all of these programs are told, and how they say where they listen.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { upstream: { type: 'string' }, ca: { type: 'string' } } });

/** Without a path. */
export const upstream = values.upstream;
/** The certificate to trust, PEM; undefined without `--ca`. */
export const ca = values.ca === undefined ? undefined : readFileSync(values.ca);

/** Well above what any scenario has open at once. */
export const CONNECTIONS_MAX = 16_384;
export const IDLE_TIMEOUT_MS = 3_600_000;

/** Has a node:http server listen, with connections that last as long as the bench. */
export function listen(server) {
  server.keepAliveTimeout = IDLE_TIMEOUT_MS;
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
    console.log(`http://127.0.0.1:${server.address().port}`);
  });
}
