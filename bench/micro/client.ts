import { isRead } from '../../src/core/relay/head.ts';
import { Http1Transport } from '../../src/core/upstream/http1/transport.ts';
import type { Transport, TransportEvents, TransportFailure } from '../../src/core/upstream/transport.ts';
import { UndiciTransport } from '../../src/core/upstream/undici.ts';
import { DIRECT } from '../arm.ts';
import { bodyOf, type Case } from '../case.ts';
import { type MicroResult, measure } from './micro.ts';

const TIMES = 20_000;
const CONNECTIONS = 50;

const OPTIONS = {
  connectionsMax: CONNECTIONS,
  queueMax: 0,
  connectAttemptsMax: 1,
  connectTimeoutMs: 5_000,
  keepAliveTimeoutMs: 60_000,
  wants: isRead,
};

/** What an exchange with an upstream costs in CPU, by either HTTP client. */
export async function client(share: number, spec: Case, upstreamUrl: string): Promise<MicroResult> {
  const ours = new Http1Transport(upstreamUrl, OPTIONS);
  const other = new UndiciTransport(upstreamUrl, OPTIONS);
  const figures = await measure(
    Math.round((TIMES * share) / Math.sqrt(spec.chunks)),
    (times) => new Load(ours, spec, times).run(),
    (times) => new Load(other, spec, times).run(),
  );
  await Promise.all([ours.close(), other.close()]);
  return {
    name: 'client',
    claim: `${spec.name}: an exchange by our HTTP client (\`core/upstream/http1\`), against undici's dispatch`,
    unit: 'µs a request',
    ...figures,
  };
}

/** So many exchanges, as many at once as there are connections. */
class Load implements TransportEvents {
  readonly #transport: Transport;
  readonly #request;
  readonly #times: number;
  #begun = 0;
  #ended = 0;
  #bytes = 0;
  #resolve = (): void => {};
  #reject = (_: Error): void => {};

  constructor(transport: Transport, spec: Case, times: number) {
    this.#transport = transport;
    this.#times = times;
    this.#request = {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: [
        ...['content-type', 'application/json', 'accept-encoding', 'identity', 'user-agent', 'apipod'],
        ...['x-request-id', '0198c5f2-7b1e-7c3a-9d52-3f6a1b2c4d5e', 'authorization', 'Bearer sk-0123456789'],
      ],
      body: Buffer.from(bodyOf(spec, DIRECT)),
    } as const;
  }

  async run(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      for (let i = 0; i < CONNECTIONS; i++) this.#next();
    });
    if (this.#bytes === 0) throw new Error('nothing was answered');
  }

  #next(): void {
    if (this.#begun >= this.#times) return;
    this.#begun++;
    this.#transport.send(this.#request as never, this);
  }

  onAttempt(): void {}

  onHead(status: number): void {
    if (status !== 200) this.#reject(new Error(`status ${status}`));
  }

  onChunk(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    return true;
  }

  onEnd(): void {
    if (++this.#ended >= this.#times) this.#resolve();
    else this.#next();
  }

  onFailed({ kind, cause }: TransportFailure): void {
    this.#reject(new Error(kind, { cause }));
  }
}
