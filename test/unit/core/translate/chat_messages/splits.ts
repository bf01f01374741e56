// A translated stream is read by the official SDK, and is the same however the upstream's bytes were split.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import OpenAI from 'openai';
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { seeded } from '../../../../fixtures/random.ts';
import { STREAMS } from './fixtures/streams.ts';
import { chunks, chunksOf, open, sse } from './fixtures/translate.ts';

const WITH_USAGE = { stream: true, stream_options: { include_usage: true } };
const NAMES = Object.keys(STREAMS) as (keyof typeof STREAMS)[];

/** The SDK, with an upstream that answers with these chunks. */
function sdk(list: readonly JsonObject[]): OpenAI {
  const text = `${list.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`;
  const headers = { 'content-type': 'text/event-stream' };
  return new OpenAI({ apiKey: 'k', fetch: async () => new Response(text, { headers }) });
}

const ask = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }], stream: true as const };

for (const name of NAMES) {
  const bytes = sse(STREAMS[name]);
  const whole = chunks(STREAMS[name], WITH_USAGE);

  t.test(`${name}, split at each byte`, async (t) => {
    const wanted = JSON.stringify(whole);
    for (let at = 0; at <= bytes.length; at++) {
      const list = chunksOf([bytes.subarray(0, at), bytes.subarray(at)], WITH_USAGE);
      if (JSON.stringify(list) !== wanted) t.same(list, whole, `split at ${at}`);
    }
    const single = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    t.same(chunksOf(single, WITH_USAGE), whole, 'and byte by byte');
  });

  t.test(`${name}, split at random`, async (t) => {
    const random = seeded(7);
    for (let run = 0; run < 50; run++) {
      const parts: Buffer[] = [];
      for (let from = 0; from < bytes.length; ) {
        const to = from + 1 + Math.floor(random() * 200);
        parts.push(bytes.subarray(from, to));
        from = to;
      }
      if (JSON.stringify(chunksOf(parts, WITH_USAGE)) !== JSON.stringify(whole)) t.fail(`run ${run}`);
    }
    t.pass();
  });

  t.test(`${name}, read by the SDK`, async (t) => {
    const read: JsonObject[] = [];
    for await (const chunk of await sdk(whole).chat.completions.create(ask)) {
      read.push(chunk as unknown as JsonObject);
    }
    t.same(read, whole);
  });

  t.test(`${name}, put together by the SDK`, async (t) => {
    const final = await sdk(whole).chat.completions.stream(ask).finalChatCompletion();
    const choice = final.choices[0]!;
    const document = open({}).answer.document(messageOf(name)) as unknown as typeof final;
    const { content, tool_calls } = document.choices[0]!.message;
    t.equal(choice.message.content ?? '', content ?? '');
    t.same(callsOf(choice.message.tool_calls), callsOf(tool_calls));
    t.equal(choice.finish_reason, document.choices[0]!.finish_reason);
    t.equal(final.id, document.id);
    t.equal(final.usage!.completion_tokens, document.usage!.completion_tokens);
  });
}

/** The arguments' white space is the model's own in a stream, and ours in a document. */
const callsOf = (calls: readonly OpenAI.ChatCompletionMessageToolCall[] = []): unknown[] =>
  calls.map((call) =>
    call.type === 'function'
      ? { ...call, function: { ...call.function, arguments: JSON.parse(call.function.arguments) } }
      : call,
  );

/** The message that a stream makes, as it would have come in one document. */
function messageOf(name: keyof typeof STREAMS): JsonObject {
  const content: Record<string, unknown>[] = [];
  let message: JsonObject = {};
  for (const event of STREAMS[name] as readonly JsonObject[]) {
    const delta = (event.delta ?? {}) as JsonObject;
    const block = content[event.index as number];
    if (event.type === 'message_start') message = { ...(event.message as JsonObject), ...message };
    if (event.type === 'content_block_start') content.push({ ...(event.content_block as JsonObject) });
    if (event.type === 'message_delta') message = { ...message, ...delta, usage: event.usage };
    if (delta.type === 'text_delta') block!.text = `${block!.text}${delta.text}`;
    if (delta.type === 'input_json_delta') block!.json = `${block!.json ?? ''}${delta.partial_json}`;
  }
  for (const block of content) if (block.json) block.input = JSON.parse(block.json as string);
  return { ...message, content };
}

t.test('a long stream needs no more memory than a short one', async (t) => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  let emitted = 0;
  const stream = open({}).answer.stream(() => emitted++);
  const text = { type: 'text_delta', text: 'word ' };
  const thinking = { type: 'thinking_delta', thinking: 'word ' };
  const events = (count: number): number => {
    for (let index = 0; index < count; index++) {
      stream.push({ type: 'content_block_delta', index, delta: index % 2 === 0 ? text : thinking });
    }
    gc();
    return process.memoryUsage().heapUsed;
  };
  const before = events(50_000);
  const grown = events(550_000) - before;
  t.equal(emitted, 600_001);
  t.ok(grown < 1_000_000, `grown by ${grown} bytes`);
});
