// What counts as a report of tokens: numbers that nobody can have counted are worth as much as none.
import t from 'tap';
import { messages } from '../../../../src/core/dialects/anthropic.ts';
import { chat, embeddings } from '../../../../src/core/dialects/openai.ts';
import { responses } from '../../../../src/core/dialects/responses.ts';

const none = () => ({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 });
const NO_COUNTS = [1e18, 1e30, -1, 1.5, '7', null, undefined];

for (const [api, input, output] of [
  [chat, 'prompt_tokens', 'completion_tokens'],
  [responses, 'input_tokens', 'output_tokens'],
  [messages, 'input_tokens', 'output_tokens'],
] as const) {
  t.test(api.name, async (t) => {
    const counts = none();
    t.ok(api.readUsage({ [input]: 7, [output]: 5 }, counts));
    t.match(counts, { input: 7, output: 5 });
    t.ok(api.readUsage({ [input]: 0, [output]: 0 }, none()), 'zeros are a report');
    for (const value of NO_COUNTS) {
      t.notOk(api.readUsage({ [input]: 7, [output]: value }, none()), `output ${value}`);
      // A stream of messages tells its input at its beginning, and need not repeat it.
      const repeats = api === messages && (value ?? undefined) === undefined;
      t.equal(api.readUsage({ [input]: value, [output]: 5 }, none()), repeats, `input ${value}`);
    }
  });
}

t.test('embeddings have no output', async (t) => {
  t.ok(embeddings.readUsage({ prompt_tokens: 7 }, none()));
  for (const value of NO_COUNTS) t.notOk(embeddings.readUsage({ prompt_tokens: value }, none()));
});
