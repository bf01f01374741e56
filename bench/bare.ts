// The bare relay, as a program: the gateway's engine, edge, exchange, relay and transport with an empty chain. Every
// request goes to the one upstream as it came; nobody is authenticated and nothing is counted.
// `--write chunk` writes each chunk by itself, for the case `burst`.
import { parseArgs } from 'node:util';
import { readConfig } from '../src/core/config/config.ts';
import { chat } from '../src/core/dialects/openai.ts';
import { createEdge } from '../src/core/edge.ts';
import type { Exchange, Handler } from '../src/core/exchange.ts';
import { DirectCall } from '../src/core/relay/call.ts';
import { relayLimits } from '../src/core/relay/limits.ts';
import { Relay } from '../src/core/relay/relay.ts';
import { Roster } from '../src/core/roster.ts';
import { selectEngine } from '../src/core/server/select.ts';
import { Upstreams } from '../src/core/upstream/upstreams.ts';

const SWEEP_INTERVAL_MS = 100;

const { values } = parseArgs({ options: { write: { type: 'string', default: 'turn' } } });
const config = readConfig(process.env);
const upstream = new Upstreams(config).get('bare')!;
const limits = relayLimits(config);

/** Does not wait for the end of the turn. */
class EagerRelay extends Relay {
  override onChunk(chunk: Buffer): boolean {
    const more = super.onChunk(chunk);
    super.onTurnEnd();
    return more;
  }
}
const Chosen = values.write === 'chunk' ? EagerRelay : Relay;

/** The answer goes on unread: nothing is counted. */
class UnreadCall extends DirectCall {
  override receive(): undefined {
    return undefined;
  }
}

const handler: Handler = {
  onHead: (exchange) => exchange.readBody(),
  onBody(exchange) {
    new Chosen(exchange, new UnreadCall(upstream, chat, [exchange.body], false), limits).start();
  },
  onResponse() {},
  onChunk() {},
  onDone() {},
};

const open = new Roster<Exchange>();
const accept = createEdge([{ path: '/v1/chat/completions', api: chat, handlers: { POST: handler } }], {
  bodyBytesMax: config.BODY_BYTES_MAX,
  bodyTimeoutMs: config.BODY_TIMEOUT_MS,
  open,
  report: (_, error) => console.error(error),
});
const listener = await selectEngine('auto', { info() {} }, config.HEADER_BYTES_MAX).listen(
  {
    host: '127.0.0.1',
    port: 0,
    headerBytesMax: config.HEADER_BYTES_MAX,
    chunkedAllowed: false,
    drainBytesMax: config.BODY_DRAIN_BYTES_MAX,
  },
  accept,
);
setInterval(() => {
  const now = performance.now();
  for (const exchange of open) exchange.check(now);
}, SWEEP_INTERVAL_MS);
process.on('SIGTERM', () => process.exit(0));
console.log(`http://127.0.0.1:${listener.port}`);
