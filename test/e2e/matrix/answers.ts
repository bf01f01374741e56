// Every client on every upstream, as JSON and as a stream: whatever a model says, its user reads the same, and the books
// agree.
import t, { type Test } from 'tap';
import type { Script } from '../../../sim/script.ts';
import { CLIENTS, type Client, isDirect } from '../../fixtures/clients.ts';
import { type Side, startMatrix } from '../../fixtures/matrix.ts';
import { NOTHING, type Said } from '../../fixtures/said.ts';

interface Case {
  readonly name: string;
  readonly script: Script;
  /** Some clients cannot take it when it is relayed byte for byte; a translation is more than that. */
  readonly translatedOnly?: boolean;
  /** Beside the usage, which is always the upstream's. Calls are compared without their ids. */
  readonly said: Partial<Omit<Said, 'calls'>> & {
    readonly calls?: readonly { name: string; input: unknown }[];
  };
}

const TEXT = 'Grüße, 世界 🌍: two lines,\n\n"quotes" and a \\ in them. ';
const CALLS = [
  {
    name: 'find',
    arguments: { query: 'a "quoted" wörd', limit: 3, nested: { list: [1, null, 'x'.repeat(60)] } },
  },
  { name: 'open', arguments: {} },
  { name: 'find', arguments: { query: '🌍' } },
];
const INPUTS = CALLS.map(({ name, arguments: input }) => ({ name, input }));

const CASES: readonly Case[] = [
  { name: 'text', script: { text: TEXT }, said: { text: TEXT } },
  {
    name: 'one call',
    script: { tools: CALLS.slice(0, 1) },
    said: { calls: INPUTS.slice(0, 1), finish: 'calls' },
  },
  { name: 'parallel calls', script: { tools: CALLS }, said: { calls: INPUTS, finish: 'calls' } },
  {
    name: 'parallel calls in turns, behind text',
    script: { text: TEXT, tools: CALLS, interleaved: true },
    said: { text: TEXT, calls: INPUTS, finish: 'calls' },
  },
  {
    name: 'calls in one piece',
    translatedOnly: true,
    script: { tools: CALLS, toolShape: 'whole' },
    said: { calls: INPUTS, finish: 'calls' },
  },
  {
    name: 'what looks like usage and like an end',
    script: { text: 'x', lookalikes: true, usage: { input: 77, output: 55 } },
    said: {},
  },
  {
    name: 'cut at the most tokens',
    script: { text: 'cut o', stop: 'length' },
    said: { text: 'cut o', finish: 'length' },
  },
  {
    name: 'usage with a cache',
    script: {
      text: 'x',
      usage: { input: 5_000, output: 70, cacheRead: 3_000, cacheWrite: 1_500, reasoning: 20 },
    },
    said: { text: 'x' },
  },
  {
    name: 'an odd stream',
    translatedOnly: true,
    script: { text: TEXT, oddities: true, crlf: true, comments: true },
    said: { text: TEXT },
  },
  {
    name: 'a stream in pieces',
    script: { text: TEXT, tools: CALLS, splitBytes: 7 },
    said: { text: TEXT, calls: INPUTS },
  },
];

const matrix = await startMatrix(t);

async function check(t: Test, client: Client, side: Side, stream: boolean, { name, script, said }: Case) {
  const ask = matrix.ask(side, script);
  let answer: Said;
  try {
    answer = await client.ask(ask, stream);
  } catch (error) {
    t.fail(`${name}: ${error}`);
    return;
  }
  const { reported } = ask.entry;
  const { text = answer.text, calls = [], finish = calls.length > 0 ? 'calls' : 'stop' } = said;
  const { refusal, reasoning } = NOTHING;
  t.match(answer, { text, refusal, reasoning, finish }, name);
  t.strictSame(
    answer.calls.map(({ name, input }) => ({ name, input })),
    calls,
    `${name}: the calls`,
  );
  t.equal(new Set(answer.calls.map(({ id }) => id)).size, calls.length, `${name}: an id for each`);
  t.match(reported, answer.usage!, `${name}: the usage`);
  t.ok(answer.usage, `${name}: there is usage`);
  t.match(answer.id, /./, `${name}: an id`);
  t.equal(answer.model, side.model, `${name}: the routed model is told`);
}

for (const client of CLIENTS) {
  for (const side of matrix.sides(client.api)) {
    for (const stream of [false, true]) {
      t.test(`${client.name} → ${side.name}, ${stream ? 'stream' : 'JSON'}`, async (t) => {
        const direct = isDirect(client, side);
        const cases = CASES.filter(({ translatedOnly = false }) => !(translatedOnly && direct && stream));
        await Promise.all(cases.map((one) => check(t, client, side, stream, one)));
      });
    }
  }
}
matrix.compareBooks(t);
