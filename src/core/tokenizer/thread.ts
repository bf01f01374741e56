import { parentPort } from 'node:worker_threads';
import { countText } from './count.ts';
import { familyOf } from './family.ts';
import type { CountJob } from './job.ts';
import { countPrompt } from './prompt.ts';
import { decodeText } from './text.ts';

/* The thread of the tokenizer: one job after the other, each answered with a number. What it throws ends it. */

parentPort!.on('message', ({ kind, model, bytes }: CountJob) => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  const family = familyOf(model);
  const tokens =
    kind === 'text'
      ? Math.round(countText(decodeText(text)) * family.tokensPerToken)
      : countPrompt(JSON.parse(text), family, countText);
  parentPort!.postMessage(tokens);
});
