import type { Config } from '../config/config.ts';
import { settingName, type UpstreamSettings } from '../config/upstreams.ts';
import { ProxyError } from '../errors.ts';
import { isRead } from '../relay/head.ts';
import { Gaps } from './gaps.ts';
import { Http1Transport } from './http1/transport.ts';
import type { Transport, TransportOptions } from './transport.ts';
import { UndiciTransport } from './undici.ts';

/** A configured upstream, ready to be sent requests. */
export interface Upstream {
  readonly settings: UpstreamSettings;
  readonly transport: Transport;
  readonly gaps: Gaps;
}

/** The configured upstreams. */
export class Upstreams {
  readonly #bySetting: ReadonlyMap<string, Upstream>;
  /** By the names that the plans use; as many as those. */
  readonly #byName = new Map<string, Upstream | undefined>();

  constructor(config: Config) {
    const options: TransportOptions = {
      connectionsMax: config.UPSTREAM_CONNECTIONS_MAX,
      queueMax: config.UPSTREAM_QUEUE_MAX,
      connectAttemptsMax: config.UPSTREAM_CONNECT_ATTEMPTS_MAX,
      connectTimeoutMs: config.UPSTREAM_CONNECT_TIMEOUT_MS,
      keepAliveTimeoutMs: config.UPSTREAM_KEEPALIVE_TIMEOUT_MS,
      wants: isRead,
    };
    const HttpTransport = config.UPSTREAM_HTTP_CLIENT === 'apipod' ? Http1Transport : UndiciTransport;
    this.#bySetting = new Map(
      Array.from(config.upstreams, ([name, settings]) => [
        name,
        { settings, transport: new HttpTransport(settings.origin, options), gaps: new Gaps() },
      ]),
    );
  }

  /** @param name as `llm_models.upstream` has it @returns undefined if it is not configured */
  get(name: string): Upstream | undefined {
    let upstream = this.#byName.get(name);
    if (upstream === undefined && !this.#byName.has(name)) {
      upstream = this.#bySetting.get(settingName(name));
      this.#byName.set(name, upstream);
    }
    return upstream;
  }

  /** @throws ProxyError `upstream_unconfigured` */
  require(name: string): Upstream {
    const upstream = this.get(name);
    if (upstream !== undefined) return upstream;
    throw new ProxyError('upstream_unconfigured', {
      message: `The upstream "${name}" is not configured: set UPSTREAM_${settingName(name)}_URL.`,
    });
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#bySetting.values(), ({ transport }) => transport.close()));
  }
}
