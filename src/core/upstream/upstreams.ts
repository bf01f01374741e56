import type { Config } from '../config/config.ts';
import type { UpstreamSettings } from '../config/upstreams.ts';
import type { Transport } from './transport.ts';
import { UndiciTransport } from './undici.ts';

/** A configured upstream, ready to be sent requests. */
export interface Upstream {
  readonly settings: UpstreamSettings;
  readonly transport: Transport;
}

/** The configured upstreams by the name that `llm_models.upstream` gives them, lower case. */
export type Upstreams = ReadonlyMap<string, Upstream>;

export function createUpstreams(config: Config): Upstreams {
  const options = {
    connectionsMax: config.UPSTREAM_CONNECTIONS_MAX,
    queueMax: config.UPSTREAM_QUEUE_MAX,
    connectAttemptsMax: config.UPSTREAM_CONNECT_ATTEMPTS_MAX,
    connectTimeoutMs: config.UPSTREAM_CONNECT_TIMEOUT_MS,
    keepAliveTimeoutMs: config.UPSTREAM_KEEPALIVE_TIMEOUT_MS,
  };
  return new Map(
    Array.from(config.upstreams, ([name, settings]) => [
      name,
      { settings, transport: new UndiciTransport(settings.origin, options) },
    ]),
  );
}
