import type { TransportCall, TransportEvents, TransportRequest } from '../../src/core/upstream/transport.ts';
import { DIRECT } from '../arm.ts';
import { bodyOf, type Case } from '../case.ts';

/** All chunks of an answer in one turn of the event loop, or each in a turn of its own. */
export type Pace = 'burst' | 'apart';

/** An upstream's answer, as it came once, and sent again and again without a socket. */
export class Answer {
  readonly #headers: readonly Buffer[];
  readonly #chunks: readonly Buffer[];
  readonly #pace: Pace;

  private constructor(headers: readonly Buffer[], chunks: readonly Buffer[], pace: Pace) {
    this.#headers = headers;
    this.#chunks = chunks;
    this.#pace = pace;
  }

  static async record(spec: Case, upstreamUrl: string, includeUsage: boolean, pace: Pace): Promise<Answer> {
    const body = JSON.parse(bodyOf(spec, DIRECT));
    if (includeUsage && body.stream) body.stream_options = { include_usage: true };
    const response = await fetch(`${upstreamUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const headers = [...response.headers].flat().map((part) => Buffer.from(part));
    const chunks = spec.chunks === 1 ? [text] : text.split(/(?<=\n\n)/);
    return new Answer(
      headers,
      chunks.map((chunk) => Buffer.from(chunk)),
      pace,
    );
  }

  get transport() {
    return {
      send: (_: TransportRequest, events: TransportEvents): TransportCall => {
        events.onAttempt();
        if (this.#pace === 'burst') setImmediate(() => this.#burst(events));
        else setImmediate(() => this.#begin(events));
        return { resume() {}, abort() {} };
      },
      close: async () => {},
    };
  }

  #burst(events: TransportEvents): void {
    events.onHead(200, this.#headers);
    for (const chunk of this.#chunks) events.onChunk(chunk);
    events.onEnd();
  }

  #begin(events: TransportEvents): void {
    events.onHead(200, this.#headers);
    let sent = 0;
    const next = (): void => {
      const chunk = this.#chunks[sent++];
      if (chunk === undefined) {
        events.onEnd();
        return;
      }
      events.onChunk(chunk);
      setImmediate(next);
    };
    setImmediate(next);
  }
}
