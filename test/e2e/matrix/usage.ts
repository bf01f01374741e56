// Usage where an upstream tells it in another way or not at all, and ends that only one of the APIs has a word for.
import t from 'tap';
import type { Script } from '../../../sim/script.ts';
import { CLIENTS, isDirect } from '../../fixtures/clients.ts';
import { type Row, type SideName, startMatrix } from '../../fixtures/matrix.ts';
import type { Finish } from '../../fixtures/said.ts';

const matrix = await startMatrix(t);
const USAGE = { input: 4_321, output: 1_234, cacheRead: 3_000, cacheWrite: 1_000, reasoning: 567 };
/** As their dialect's upstreams tell it. */
const SHAPES: Readonly<Record<'openai' | 'anthropic', readonly NonNullable<Script['usageShape']>[]>> = {
  openai: ['standard', 'every-chunk', 'finish-chunk'],
  anthropic: ['standard', 'corrected', 'nulls'],
};
const STOPS: readonly [side: 'openai' | 'anthropic', stop: string, Finish][] = [
  ['openai', 'length', 'length'],
  ['openai', 'content_filter', 'refusal'],
  ['anthropic', 'max_tokens', 'length'],
  ['anthropic', 'stop_sequence', 'stop'],
  ['anthropic', 'refusal', 'refusal'],
  ['anthropic', 'model_context_window_exceeded', 'length'],
];

/** Where it is translated: what is relayed is tested elsewhere. */
const TRANSLATED = CLIENTS.flatMap((client) =>
  matrix.sides(client.api).flatMap((side) => {
    const dialect: keyof typeof SHAPES = side.name === 'anthropic' ? 'anthropic' : 'openai';
    return isDirect(client, side) ? [] : [{ client, side, dialect }];
  }),
);
const named = (name: string, side: SideName, stream: boolean) =>
  `${name} → ${side}, ${stream ? 'stream' : 'JSON'}`;

for (const { client, side, dialect } of TRANSLATED) {
  for (const stream of [false, true]) {
    t.test(named(client.name, side.name, stream), async (t) => {
      for (const usageShape of SHAPES[dialect]) {
        const ask = matrix.ask(side, { text: 'a b', usage: USAGE, usageShape });
        const { usage } = await client.ask(ask, stream);
        t.match(ask.entry.reported, usage!, usageShape);
        t.match(usage, { input: 4_321, output: 1_234, cacheRead: 3_000 }, usageShape);
      }

      const observed: Row = { count_source: 'observed' };
      const script: Script = { chunks: 10, chunkBytes: 40, usage: false };
      const unreported = matrix.ask(side, script, observed);
      const { text } = await client.ask(unreported, stream);
      t.equal(Buffer.byteLength(text), 400, 'an answer without usage is an answer');
      const { output } = await matrix.gateway.row(unreported.id);
      t.ok(output > 50 && output < 200, 'and is counted by its text', { output });

      for (const [where, stop, finish] of STOPS) {
        if (where !== dialect) continue;
        const stopped = await client.ask(matrix.ask(side, { text: 'a b', stop }), stream);
        t.equal(stopped.finish, finish, stop);
        t.equal(stopped.text, 'a b', stop);
      }

      const silent = await client.ask(matrix.ask(side, { text: '' }), stream);
      t.match(silent, { text: '', finish: 'stop', calls: [] }, 'nothing to say');
    });
  }
}

matrix.compareBooks(t);
