// What takes the place of a report: a count of the sample, scaled; of the prompt; and what was reported before the end.
import t from 'tap';
import { NOTHING_SEEN, type Observation, observe } from '../../../../src/core/meter/observe.ts';
import type { TokenCounts } from '../../../../src/core/types.ts';

const PROMPT = Buffer.from(
  '{"model":"m","messages":[{"role":"user","content":"forty bytes of prompt, counted by hand..."}]}',
);
const SEEN: Observation = { textBytes: 10_000, sample: Buffer.alloc(4_000) };

async function counts(seen: Observation, reported: Partial<TokenCounts>, text?: number, prompt?: number) {
  const counts: TokenCounts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, ...reported };
  const asked: string[] = [];
  await observe(counts, seen, PROMPT, 'some-model', {
    text: async (sample, model) => {
      asked.push(`text ${sample.length} ${model}`);
      return text;
    },
    prompt: async (body, model) => {
      asked.push(`prompt ${body.length} ${model}`);
      return prompt;
    },
  });
  const { input, output } = counts;
  return { input, output, asked };
}

t.test('counted', async (t) => {
  t.same(await counts(SEEN, {}, 800, 30), {
    input: 30,
    output: 2_000,
    asked: ['text 4000 some-model', `prompt ${PROMPT.length} some-model`],
  });
});

t.test('what was reported before the end stays', async (t) => {
  t.match(await counts(SEEN, { input: 43, output: 1 }, 800), {
    input: 43,
    output: 2_000,
    asked: { length: 1 },
  });
  t.match(await counts({ textBytes: 8, sample: Buffer.alloc(8) }, { input: 43, output: 7 }, 2), {
    output: 7,
  });
});

t.test('without an answer only the prompt is counted', async (t) => {
  t.same(await counts(NOTHING_SEEN, {}, 800, 30), {
    input: 30,
    output: 0,
    asked: [`prompt ${PROMPT.length} some-model`],
  });
});

t.test('what is not counted in time is estimated: four bytes a token', async (t) => {
  t.match(await counts(SEEN, {}), { input: Math.ceil((1 + 4 + 40) / 4), output: 2_500 });
});
