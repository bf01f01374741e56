import { Client, type Dispatcher } from 'undici';
import { DIRECT } from '../arm.ts';
import { bodyOf, JSON_CASE } from '../case.ts';
import { type MicroResult, measure } from './micro.ts';

const TIMES = 4_000;
const CONNECTIONS = 50;

const REQUEST = {
  method: 'POST',
  path: '/v1/chat/completions',
  headers: ['content-type', 'application/json', 'accept-encoding', 'identity', 'user-agent', 'apipod'],
  body: Buffer.from(bodyOf(JSON_CASE, DIRECT)),
} as const;

type CreateHandler = (onEnd: () => void, onError: (error: Error) => void) => Dispatcher.DispatchHandler;

let bytes = 0;

const older: CreateHandler = (onEnd, onError) => ({
  onConnect() {},
  onHeaders: () => true,
  onData(chunk: Buffer) {
    bytes += chunk.length;
    return true;
  },
  onComplete: onEnd,
  onError,
});

const newer: CreateHandler = (onEnd, onError) => ({
  onRequestStart() {},
  onResponseStart() {},
  onResponseData(_: unknown, chunk: Buffer) {
    bytes += chunk.length;
  },
  onResponseEnd: onEnd,
  onResponseError: (_: unknown, error: Error) => onError(error),
});

/** What a request to an upstream costs in CPU, with either form of undici's handlers. */
export async function relay(share: number, upstreamUrl: string): Promise<MicroResult> {
  const clients = Array.from({ length: CONNECTIONS }, () => new Client(upstreamUrl, { pipelining: 1 }));
  const figures = await measure(
    TIMES * share,
    (times) => send(clients, times, older),
    (times) => send(clients, times, newer),
  );
  await Promise.all(clients.map((client) => client.close()));
  if (bytes === 0) throw new Error('nothing was answered');
  return {
    name: 'relay',
    claim: 'undici with its older form of handler (`core/upstream/undici.ts`), against the newer one',
    unit: 'µs a request',
    ...figures,
  };
}

/** One request at a time on each connection. */
function send(clients: readonly Client[], times: number, create: CreateHandler): Promise<void> {
  return new Promise((resolve, reject) => {
    let begun = 0;
    let ended = 0;
    const next = (client: Client): void => {
      if (begun++ >= times) return;
      client.dispatch(
        REQUEST as unknown as Dispatcher.DispatchOptions,
        create(() => {
          if (++ended >= times) resolve();
          else next(client);
        }, reject),
      );
    };
    for (const client of clients) next(client);
  });
}
