import { z } from 'zod';
import type { Answer } from './answer.ts';
import type { Counts } from './counts.ts';
import type { Dialect } from './dialect.ts';
import { openai } from './openai.ts';
import { parseOpenai } from './openai-complaint.ts';

const INPUTS_MAX = 2_048;
const DIMENSIONS = 8;

const token = z.int().min(0);
const schema = z.strictObject({
  model: z.string().min(1),
  input: z.union([
    z.string().min(1),
    z.array(z.string().min(1)).min(1).max(INPUTS_MAX),
    z.array(token).min(1).max(INPUTS_MAX),
    z.array(z.array(token).min(1)).min(1).max(INPUTS_MAX),
  ]),
  dimensions: z.int().min(1).optional(),
  encoding_format: z.enum(['float', 'base64']).optional(),
  user: z.string().optional(),
});

const onlyInput = ({ input }: Counts): Counts => ({
  input,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
});

/** https://platform.openai.com/docs/api-reference/embeddings. An input that begins with `sim:` is a script. */
export const embeddings: Dialect = {
  ...openai,
  path: '/v1/embeddings',
  usageShapes: ['standard'],

  read(body) {
    const { model, input, dimensions, encoding_format } = parseOpenai(schema, body);
    const inputs: readonly unknown[] = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
    // Tokens stand for themselves: four bytes each, by the simulator's rule.
    const texts = inputs.map((one) => (typeof one === 'string' ? one : '....'.repeat((one as []).length)));
    return {
      model,
      stream: false,
      includeUsage: true,
      texts,
      turnsAfter: [],
      embeddings: { count: inputs.length, dimensions, base64: encoding_format === 'base64' },
    };
  },

  json(answer) {
    const { count = 0 } = answer.asked.embeddings ?? {};
    const input = answer.counts?.input ?? 0;
    return JSON.stringify({
      object: 'list',
      data: Array.from({ length: count }, (_, index) => ({
        object: 'embedding',
        index,
        embedding: embedding(answer, index),
      })),
      model: answer.model,
      ...(answer.counts && { usage: { prompt_tokens: input, total_tokens: input } }),
    });
  },
  events: () => [],
  reported: onlyInput,
};

/** Halves, quarters, …: numbers that 32 bits hold exactly, different for each input. */
function embedding({ asked, script }: Answer, index: number): number[] | string {
  const { dimensions = script.dimensions ?? DIMENSIONS, base64 = false } = asked.embeddings ?? {};
  const numbers = Float32Array.from({ length: dimensions }, (_, i) => ((index + i) % 16) / 16 - 0.5);
  return base64 ? Buffer.from(numbers.buffer).toString('base64') : [...numbers];
}
