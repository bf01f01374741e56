// Agents: a model calls tools, gets their results, and goes on. Each SDK sends back what it was given, thinking and its
// signatures included, and the upstream has to find everything in order, even where another one has answered before it.
import t, { type Test } from 'tap';
import type { Script } from '../../../sim/script.ts';
import { AGENTS, type Agent, resultOf } from '../../fixtures/agents.ts';
import { type Side, type SideName, startMatrix } from '../../fixtures/matrix.ts';

/** Two rounds of calls, of which the first has two, and then the answer. */
const LOOP: Script = {
  text: 'Let me see. ',
  tools: [
    { name: 'find', arguments: { query: 'ä' } },
    { name: 'open', arguments: { query: 'b' } },
  ],
  next: { tools: [{ name: 'find', arguments: { query: 'c' } }], next: { text: 'Found it all.' } },
};
const THINKING_LOOP: Script = {
  ...LOOP,
  thinking: 'First I have to look. ',
  next: { ...LOOP.next, thinking: 'Then again.', next: { text: 'Found it all.', thinking: 'Now I know.' } },
};
const GEMINI_LOOP = withVendor(LOOP, 'gemini');
type Mode = 'plain' | 'thinks' | 'gemini';
function withVendor({ next, ...script }: Script, vendor: 'gemini'): Script {
  return { ...script, vendor, ...(next && { next: withVendor(next, vendor) }) };
}

const matrix = await startMatrix(t);

async function check(t: Test, agent: Agent, sides: readonly Side[], stream: boolean, mode: Mode) {
  const script = mode === 'plain' ? LOOP : mode === 'thinks' ? THINKING_LOOP : GEMINI_LOOP;
  const thinks = mode === 'thinks';
  // It asks all models alike, and relayed as it is some refuse that.
  if (agent.name === 'ai, OpenAI-compatible') {
    const refuses = thinks ? ['openai', 'reasoner'] : ['reasoner'];
    if (sides.some(({ name }) => refuses.includes(name))) return;
  }
  const first = matrix.converse(sides, script);
  let text: string;
  try {
    text = await agent.run(first, stream, thinks);
  } catch (error) {
    t.fail(`${agent.name}, stream ${stream}, ${mode}: ${error}`);
    return;
  }
  t.equal(text, 'Found it all.', 'the end of the loop');
  const [, second, last] = ['', '.', '..'].map(
    (turns, i) => sides[i % sides.length]!.simulator.books.last(first.id + turns)!,
  );
  const [side] = sides;
  if (thinks && sides.length === 1 && side?.name === 'anthropic' && agent.carries(stream)) {
    for (const { body } of [second!, last!]) {
      const { thinking, messages } = JSON.parse(body.toString());
      t.match(thinking, { type: /enabled|adaptive/ }, 'it goes on thinking');
      t.match(messages[1].content[0], { type: 'thinking', signature: /./ }, 'and has what it thought');
    }
  }
  for (const [name, query] of Object.entries({ find: 'ä', open: 'b' })) {
    t.ok(resultsIn(last!.body).has(resultOf(name, { query })), `what ${name} says came in`);
  }
}

/** All strings of a JSON text. */
function resultsIn(body: Buffer): Set<string> {
  const found = new Set<string>();
  JSON.parse(body.toString(), (_, value) => {
    if (typeof value === 'string') found.add(value);
    return value;
  });
  return found;
}

for (const agent of AGENTS) {
  for (const side of matrix.sides(agent.api)) {
    for (const stream of [false, true]) {
      t.test(`${agent.name} → ${side.name}, ${stream ? 'stream' : 'JSON'}`, async (t) => {
        await check(t, agent, [side], stream, 'plain');
        await check(t, agent, [side], stream, 'thinks');
      });
    }
  }
}

t.test('signatures that Gemini gives and wants back', async (t) => {
  const gemini = matrix.side('gemini');
  for (const agent of AGENTS.filter(({ api }) => api === 'messages')) {
    for (const stream of [false, true]) {
      await check(t, agent, [gemini], stream, 'gemini');
      await check(t, agent, [matrix.side('anthropic'), gemini], stream, 'gemini');
    }
  }
});

const CHANGES: readonly (readonly SideName[])[] = [
  ['anthropic', 'openai'],
  ['openai', 'anthropic'],
  ['reasoner', 'anthropic', 'chat-only'],
];

for (const agent of AGENTS) {
  t.test(`${agent.name}: a plan's upstreams take turns`, async (t) => {
    for (const names of CHANGES) {
      for (const stream of [false, true]) {
        const sides = names.map((name) => matrix.side(name));
        await check(t, agent, sides, stream, 'plain');
        await check(t, agent, sides, stream, 'thinks');
      }
    }
  });
}

matrix.compareBooks(t);
