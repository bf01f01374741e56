// Our own count of an exchange: a count of the sample, scaled, and of the prompt; or estimates of both.
import t from 'tap';
import { NOTHING_SEEN, type Observation, observe } from '../../../../src/core/meter/observe.ts';

const PROMPT = Buffer.from('{"model":"m","messages":[]}');
const PROMPT_ESTIMATE = 12;
const SEEN: Observation = { textBytes: 10_000, sample: Buffer.alloc(4_000), reported: false };

/** @param text what the tokenizer counts in the sample @param prompt and in the prompt; undefined: it takes too long */
async function counts(seen: Observation, prompt: Buffer | undefined, text?: number, promptTokens?: number) {
  const asked: string[] = [];
  const observed = await observe(seen, prompt, PROMPT_ESTIMATE, 'some-model', {
    text: async (sample, model) => {
      asked.push(`text ${sample.length} ${model}`);
      return text;
    },
    prompt: async (body, model) => {
      asked.push(`prompt ${body.length} ${model}`);
      return promptTokens;
    },
  });
  return { ...observed, asked };
}

t.test('counted', async (t) => {
  t.same(await counts(SEEN, PROMPT, 800, 30), {
    input: 30,
    output: 2_000,
    asked: ['text 4000 some-model', `prompt ${PROMPT.length} some-model`],
  });
});

t.test('a prompt that need not be counted is estimated', async (t) => {
  t.same(await counts(SEEN, undefined, 800, 30), {
    input: PROMPT_ESTIMATE,
    output: 2_000,
    asked: ['text 4000 some-model'],
  });
});

t.test('without an answer only the prompt is counted', async (t) => {
  t.same(await counts(NOTHING_SEEN, PROMPT, 800, 30), {
    input: 30,
    output: 0,
    asked: [`prompt ${PROMPT.length} some-model`],
  });
});

t.test('what is not counted in time is estimated: four bytes a token', async (t) => {
  t.match(await counts(SEEN, PROMPT), { input: PROMPT_ESTIMATE, output: 2_500 });
});
