// Streams that break, between every client and every upstream: what came before is passed on, then there is an error of the
// SDK's own class, and never an answer that looks whole. And clients that leave: their upstream is let go.
import { APICallError, streamText } from 'ai';
import OpenAI from 'openai';
import t, { type Test } from 'tap';
import type { Script } from '../../../sim/script.ts';
import { AI_PROVIDERS } from '../../fixtures/ai-clients.ts';
import { MAX_TOKENS } from '../../fixtures/clients.ts';
import { type Ask, type Row, startMatrix } from '../../fixtures/matrix.ts';
import { ANTHROPIC_SDKS, anthropicClient, openaiClient } from '../../fixtures/sdk.ts';

interface Reader {
  readonly name: string;
  readonly api: 'chat' | 'messages' | 'responses';
  /** What the SDK throws for an error in mid-stream. */
  readonly error: new (
    ...args: never[]
  ) => Error;
  /** Gives each piece of text to `onText`; ends or throws as the SDK does. */
  read(ask: Ask, onText: (text: string) => void, signal?: AbortSignal): Promise<void>;
}

const chat: Reader = {
  name: 'openai, chat completions',
  api: 'chat',
  error: OpenAI.APIError,
  async read(ask, onText, signal) {
    const stream = await openaiClient(ask, ask.side.token).chat.completions.create(
      { model: 'auto', messages: [{ role: 'user', content: ask.text }], stream: true },
      { headers: ask.headers, signal: signal ?? null },
    );
    for await (const { choices } of stream) onText(choices[0]?.delta.content ?? '');
  },
};

const responses: Reader = {
  name: 'openai, responses',
  api: 'responses',
  error: OpenAI.APIError,
  async read(ask, onText, signal) {
    const stream = await openaiClient(ask, ask.side.token).responses.create(
      { model: 'auto', input: ask.text, stream: true },
      { headers: ask.headers, signal: signal ?? null },
    );
    for await (const event of stream) if (event.type === 'response.output_text.delta') onText(event.delta);
  },
};

const messages = ANTHROPIC_SDKS.map(
  ({ version, sdk }): Reader => ({
    name: `anthropic ${version}`,
    api: 'messages',
    error: sdk.APIError,
    async read(ask, onText, signal) {
      const stream = anthropicClient(ask, ask.side.token, {}, sdk).messages.stream(
        { model: 'auto', max_tokens: MAX_TOKENS, messages: [{ role: 'user', content: ask.text }] },
        { headers: ask.headers, signal: signal ?? null },
      );
      stream.on('text', onText);
      await stream.finalMessage();
    },
  }),
);

const ai = AI_PROVIDERS.map(
  ({ name, api, model }): Reader => ({
    ...{ name, api, error: Error },
    async read(ask, onText, signal) {
      const { fullStream } = streamText({
        model: model(ask),
        prompt: ask.text,
        maxRetries: 0,
        headers: ask.headers,
        onError() {},
        ...(signal && { abortSignal: signal }),
      });
      for await (const part of fullStream) {
        if (part.type === 'text-delta') onText(part.text);
        else if (part.type === 'error') throw asError(part.error);
        else if (part.type === 'abort') throw new Error('aborted');
      }
    },
  }),
);

/** Providers hand on an error of the stream as it came. */
const asError = (error: unknown): Error =>
  error instanceof Error || APICallError.isInstance(error)
    ? (error as Error)
    : new Error(JSON.stringify(error));

const READERS: readonly Reader[] = [chat, responses, ...messages, ...ai];
const FAULTS: readonly Script[] = [
  { fault: 'error-event', after: 3 },
  { fault: 'reset-mid-stream', after: 3 },
  { fault: 'reset-mid-event', after: 3 },
  { fault: 'end-without-terminator', after: 3 },
];
const WORDS = 'a b c d e ';
const FAILED: Row = { outcome: 'upstream_failed', count_source: 'observed', streamed: true };
const ABORTED: Row = { ...FAILED, outcome: 'client_aborted', status: 200 };
const LONG: Script = { chunks: 500, chunkBytes: 40, delayMs: 10 };

const matrix = await startMatrix(t);

async function breaks(t: Test, { read, error: kind }: Reader, ask: Ask): Promise<void> {
  const { fault } = ask.script;
  let text = '';
  const error = await read(ask, (piece) => {
    text += piece;
  }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  t.ok(error instanceof kind, `${fault}: an error`, { found: error });
  // What comes in one turn with the break, as on a machine with much else to do, is told by the status alone.
  const { status } = await matrix.gateway.row(ask.id);
  t.ok(status === 200 || status === 502, `${fault}: status ${status}`);
  t.equal(text, status === 200 ? 'a b c ' : '', `${fault}: and before it what had come`);
  if (fault === 'error-event') {
    const words = `${error} ${JSON.stringify(error)}`;
    t.match(words, /error in mid-stream/, 'in the words of the upstream');
  }
}

async function leaves(t: Test, { read }: Reader, ask: Ask): Promise<void> {
  const controller = new AbortController();
  let pieces = 0;
  const reading = read(
    ask,
    (piece) => {
      if (piece !== '' && ++pieces === 5) controller.abort();
    },
    controller.signal,
  );
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!controller.signal.aborted) {
    t.fail('nothing to leave', { found: error });
    return;
  }
  const entry = await ask.side.simulator.until('aborted', ask.id);
  t.ok(entry.chunks < 500, 'the upstream is let go at once');
  const row = await matrix.gateway.row(ask.id);
  t.ok(row.output >= 10 && row.output <= 20 * entry.chunks, 'what had come by was counted', { row });
}

for (const reader of READERS) {
  for (const side of matrix.sides(reader.api)) {
    t.test(`${reader.name} → ${side.name}`, async (t) => {
      const script = { text: WORDS, delayMs: 5 };
      const asks = FAULTS.map((fault) => matrix.ask(side, { ...script, ...fault }, FAILED));
      await Promise.all([
        ...asks.map((ask) => breaks(t, reader, ask)),
        leaves(t, reader, matrix.ask(side, LONG, ABORTED)),
      ]);
    });
  }
}

matrix.compareBooks(t);
