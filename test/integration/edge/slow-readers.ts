// A client that reads slowly makes `write` say so; nothing is lost, nothing comes twice, and what waits for it stays
// bounded. On both engines.
import { createHash, randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import type { Engine } from '../../../src/core/server/engine.ts';
import { events, listen, onEachEngine } from '../../fixtures/engines.ts';
import { get, RawClient } from '../../fixtures/raw-http.ts';

const BYTES = 50 * 1024 * 1024;
const PART_BYTES = 64 * 1024;
/** What may be on its way: the buffers of both sockets, and what one refused `write` leaves behind. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

const source = randomBytes(BYTES);
const digest = createHash('sha256').update(source).digest('hex');

/** Reads a chunked response as it comes, without keeping it. */
class Reader {
  readonly hash = createHash('sha256');
  bytes = 0;
  ended = false;
  #rest = Buffer.alloc(0);
  #left = -1;

  take(read: Buffer): void {
    let raw = Buffer.concat([this.#rest, read]);
    if (this.#left < 0) {
      raw = raw.subarray(raw.indexOf('\r\n\r\n') + 4);
      this.#left = 0;
    }
    for (;;) {
      if (this.#left > 0) {
        const part = raw.subarray(0, Math.min(this.#left, raw.length));
        this.hash.update(part);
        this.bytes += part.length;
        this.#left -= part.length;
        raw = raw.subarray(part.length);
        if (this.#left > 0) break;
        this.#left = 0;
      }
      const size = /^(?:\r\n)?([0-9a-f]+)\r\n/i.exec(raw.toString('latin1', 0, 16));
      if (size === null) break;
      raw = raw.subarray(size[0].length);
      this.#left = Number.parseInt(size[1]!, 16);
      if (this.#left === 0) {
        this.ended = true;
        break;
      }
    }
    this.#rest = Buffer.from(raw);
  }
}

async function slowly(
  t: Test,
  engine: Engine,
  sizeOf: () => number,
  pauseOf: () => number,
): Promise<{ refusals: number; waitingMax: number; reader: Reader }> {
  let refusals = 0;
  let waitingMax = 0;
  let written = 0;
  const reader = new Reader();
  const { port } = await listen(t, engine, (client) => {
    const go = (): void => {
      while (written < BYTES) {
        const part = source.subarray(written, written + sizeOf());
        written += part.length;
        const half = part.length >> 1;
        const more = client.write([part.subarray(0, half), part.subarray(half)]);
        waitingMax = Math.max(waitingMax, written - reader.bytes);
        if (!more) {
          refusals++;
          return;
        }
      }
      client.end([]);
    };
    client.start(200, []);
    go();
    return events(t, { onWritable: go });
  });
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  const { socket } = client;
  socket.removeAllListeners('data');
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (bytes: Buffer) => {
      reader.take(bytes);
      if (reader.ended) return resolve();
      const pause = pauseOf();
      if (pause > 0) {
        socket.pause();
        setTimeout(() => socket.resume(), pause);
      }
    });
    socket.on('close', () => reject(new Error(`closed after ${reader.bytes} bytes`)));
    client.send(get('/'));
  });
  return { refusals, waitingMax, reader };
}

onEachEngine(t, '50 MB to a client that stops again and again', async (t, engine) => {
  let reads = 0;
  const { refusals, waitingMax, reader } = await slowly(
    t,
    engine,
    () => PART_BYTES,
    () => (++reads % 40 === 0 ? 20 : 0),
  );
  t.equal(reader.bytes, BYTES);
  t.equal(reader.hash.digest('hex'), digest);
  t.ok(refusals > 5, `${refusals} refusals`);
  t.ok(waitingMax < WAITING_BYTES_MAX, `${waitingMax} bytes waited at most`);
});

onEachEngine(t, 'random writes against random reads', async (t, engine) => {
  for (let round = 0; round < 3; round++) {
    const { reader } = await slowly(
      t,
      engine,
      () => 1 + Math.floor(Math.random() ** 6 * 3_000_000),
      () => (Math.random() < 0.02 ? Math.floor(Math.random() * 30) : 0),
    );
    t.equal(reader.bytes, BYTES);
    t.equal(reader.hash.digest('hex'), digest);
  }
});

onEachEngine(t, 'a whole response of 20 MB', async (t, engine) => {
  const body = source.subarray(0, 20 * 1024 * 1024);
  const { port } = await listen(t, engine, (client) => {
    client.respond(200, ['content-type', 'application/octet-stream'], [body]);
    return events(t, {});
  });
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  for (let i = 0; i < 2; i++) {
    client.send(get('/'));
    client.socket.pause();
    setTimeout(() => client.socket.resume(), 50);
    const response = await client.response();
    t.equal(response.headers.get('content-length'), String(body.length));
    t.equal(response.body.equals(body), true);
  }
});
