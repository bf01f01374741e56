// Small bodies that are much work: hundreds of thousands of entries, deep nesting, streams without end. What takes the
// square of their number takes longer than a test may; what goes onto the stack overflows it.
import t from 'tap';
import { MARK } from '../../../../src/core/translate/signature.ts';
import type { JsonObject } from '../../../../src/core/translate/translation.ts';
import { answered, chunk, sent, streamed } from '../../../fixtures/responses.ts';
import { call, chunk as messagesChunk, open, translate } from './messages_chat/fixtures/translate.ts';

const MANY = 200_000;
const many = <T>(make: (i: number) => T): T[] => Array.from({ length: MANY }, (_, i) => make(i));
const signed = (details: string): string => MARK + Buffer.from(details).toString('base64url');
const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const text = (i: number) => ({ type: 'text', text: `t${i}` });

t.test('messages: a schema with many properties', async (t) => {
  const names = many((i) => `k${i}`);
  const schema = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    required: names.toReversed(),
    additionalProperties: false,
  };
  t.match(translate({ output_config: { format: { type: 'json_schema', schema } } }), {
    response_format: { type: 'json_schema' },
  });
});

t.test('messages: many blocks in neighbours of the same role', async (t) => {
  const { messages } = translate({
    messages: [
      { role: 'user', content: 'x' },
      { role: 'user', content: many(text) },
    ],
  });
  t.equal((messages[0]!.content as unknown[]).length, MANY + 1);
});

t.test('messages: many calls and results, and many parts in one of them', async (t) => {
  const image = { type: 'image', source: { type: 'url', url: 'https://x/y.png' } };
  const document = { type: 'document', source: { type: 'content', content: many(text) } };
  const ids = many((i) => `c${i}`);
  const { messages } = translate({
    messages: [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: ids.map((id) => ({ type: 'tool_use', id, name: 'f', input: {} })) },
      {
        role: 'user',
        content: [
          ...ids.map((id, i) => ({
            type: 'tool_result',
            tool_use_id: id,
            content: i === 0 ? many(() => image) : 'ok',
          })),
          document,
        ],
      },
    ],
  });
  t.equal(messages.length, MANY + 3);
  t.equal((messages.at(-1)!.content as unknown[]).length, 2 * MANY + 1);
});

t.test('messages: many blocks that wait for a call are an error', async (t) => {
  const stream = open().answer.stream(() => {});
  stream.push(messagesChunk(call(0, '{', { id: 'a', name: 'f' })));
  t.throws(
    () => {
      for (let i = 0; i < 4096; i++) {
        stream.push(messagesChunk(i % 2 === 0 ? { content: 'a' } : { reasoning_content: 'b' }));
      }
    },
    { code: 'upstream_invalid', message: /2048/ },
  );
});

t.test('responses: many allowed tools', async (t) => {
  const tools = many((i) => ({ type: 'function', name: `k${i}` }));
  const request = sent({ tools, tool_choice: { type: 'allowed_tools', mode: 'auto', tools } });
  t.equal((request.tools as unknown[]).length, MANY);
});

t.test('responses: many items of reasoning', async (t) => {
  const reasoning = { type: 'reasoning', encrypted_content: signed('{"details":[{"type":"reasoning.x"}]}') };
  const { messages } = sent({
    input: [...many(() => reasoning), { role: 'assistant', content: 'x' }, { role: 'user', content: 'y' }],
  });
  t.equal(((messages as JsonObject[])[0]!.reasoning_details as unknown[]).length, MANY);
});

t.test('signatures that are nested too deep are as good as empty', async (t) => {
  const deep = signed(
    `{"by":"some-model","details":[{"a":${nested(20_000)}}],"detail":{"a":${nested(20_000)}}}`,
  );
  const { messages } = sent({
    input: [
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: deep },
      { role: 'assistant', content: 'x' },
      { role: 'user', content: 'y' },
    ],
  });
  t.match(JSON.stringify(messages), '"reasoning_content":"Hm"');
  const thinking = { type: 'thinking', thinking: 'Hm', signature: deep };
  const there = translate({
    messages: [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: [thinking, { type: 'text', text: 'x' }] },
      { role: 'user', content: 'y' },
    ],
  });
  t.equal(JSON.stringify(there).length < 1000, true);
});

t.test('answers that are nested too deep', async (t) => {
  const args = `{"a":${nested(20_000)}}`;
  const toolCall = (given: unknown) => ({
    id: 'a',
    type: 'function',
    function: { name: 'f', arguments: given },
  });
  const answer = (given: unknown) =>
    open().answer.document({
      choices: [{ message: { tool_calls: [toolCall(given)] }, finish_reason: 'tool_calls' }],
    });
  t.match(JSON.parse(JSON.stringify(answer(args))), { content: [{ input: { arguments: args } }] });
  t.match(answer(JSON.parse(args)), { content: [{ type: 'tool_use', input: {} }] }, 'an object');
  const detail: unknown = JSON.parse(`{"type":"reasoning.x","a":${nested(20_000)}}`);
  const message = { content: 'x', reasoning_details: [detail] };
  t.doesNotThrow(() => open().answer.document({ choices: [{ message, finish_reason: 'stop' }] }));
  t.doesNotThrow(() => answered(message));
  const extra = { ...toolCall('{}'), extra_content: detail };
  t.doesNotThrow(() => answered({ tool_calls: [extra] }));
});

t.test('responses: calls and their names count towards what is kept', async (t) => {
  const tool = (index: number, id: string, name = 'f') =>
    chunk({ tool_calls: [{ index, id, function: { name, arguments: '{}' } }] });
  t.throws(() => streamed(Array.from({ length: 1025 }, (_, i) => tool(i, `c${i}`))), {
    code: 'upstream_invalid',
    message: /1024/,
  });
  const megabyte = 'x'.repeat(1_048_576);
  const longIds = Array.from({ length: 33 }, (_, i) => tool(i, `${i}${megabyte}`));
  t.throws(() => streamed(longIds), { code: 'upstream_invalid', message: /33554432/ });
  const longNames = Array.from({ length: 33 }, (_, i) => tool(i, `c${i}`, megabyte));
  t.throws(() => streamed(longNames), { code: 'upstream_invalid', message: /33554432/ });
});

t.test('responses: a detail of reasoning counts once, and so do its type and its signature', async (t) => {
  const megabyte = 'x'.repeat(1_048_576);
  const told = (more: JsonObject) =>
    chunk({ reasoning_details: [{ type: 'reasoning.text', index: 0, ...more }] });
  t.doesNotThrow(() => streamed(Array.from({ length: 20 }, () => told({ text: megabyte }))));
  const opaque = Array.from({ length: 33 }, () => chunk({ reasoning_opaque: megabyte }));
  t.throws(() => streamed(opaque), { code: 'upstream_invalid' });
});
