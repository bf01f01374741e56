// What each generation of Claude takes: budgets or adaptive thinking, sampling, and a last message of the assistant's.
import t from 'tap';
import { chatMessages } from '../../../../../src/core/translate/chat_messages/translation.ts';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { refused } from './fixtures/translate.ts';

const USER = { role: 'user', content: 'Hi' };

function ask(model: string, body: JsonObject): JsonObject {
  const options = { model, maxTokensDefault: 32_000, id: 'own-id', now: 0 };
  return chatMessages.open({ messages: [USER], ...body }, options).request;
}

/** What is said about thinking. */
function thinks(model: string, body: JsonObject): readonly unknown[] {
  const { thinking, output_config } = ask(model, body);
  return [thinking, output_config];
}

const budget = (budget_tokens: number) => [{ type: 'enabled', budget_tokens }, undefined];
const ADAPTIVE = { type: 'adaptive', display: 'summarized' };
const adaptive = (effort: string) => [ADAPTIVE, { effort }];

t.test('names', async (t) => {
  const olds = [
    ...['claude-3-7-sonnet-20250219', 'claude-sonnet-4-20250514', 'claude-opus-4-1-20250805'],
    ...['claude-sonnet-4-5-thinking', 'anthropic/claude-sonnet-4.5', 'claude-haiku-4-5-20251001'],
    ...['claude', 'gemini-3-flash', 'anthropic/claude-4.5-sonnet'],
  ];
  for (const model of olds) t.same(thinks(model, { reasoning_effort: 'low' }), budget(2048), model);
  const news = [
    ...['claude-opus-4-6-thinking', 'anthropic/claude-4.6-opus', 'us.anthropic.claude-sonnet-4-6-v1:0'],
    ...['anthropic/claude-opus-4.7', 'claude-opus-4-8-20260801', 'claude-opus-5', 'Claude-Haiku-5-5'],
    ...['claude-fable-5-1', 'claude-mythos-preview', 'claude-opus-5-5', 'claude-sonnet-10'],
  ];
  for (const model of news) t.same(thinks(model, { reasoning_effort: 'low' }), adaptive('low'), model);
});

t.test('effort', async (t) => {
  const efforts = { minimal: 'low', low: 'low', medium: 'medium', high: 'high', xhigh: 'xhigh', max: 'max' };
  for (const [reasoning_effort, effort] of Object.entries(efforts)) {
    t.same(thinks('claude-opus-4-8', { reasoning_effort }), adaptive(effort));
    t.same(thinks('claude-opus-4-8', { reasoning: { effort: reasoning_effort } }), adaptive(effort));
  }
  t.same(thinks('claude-opus-4-6', { reasoning_effort: 'xhigh' }), adaptive('high'), 'it has no xhigh');
  t.same(thinks('claude-opus-4-6', { reasoning_effort: 'max' }), adaptive('max'));
  t.same(thinks('claude-opus-5', {}), [undefined, undefined], 'no word, no field');
});

t.test('budgets become the effort that is worth as much', async (t) => {
  const worth = { 1024: 'low', 2048: 'low', 5000: 'medium', 16384: 'high', 20000: 'xhigh', 100000: 'xhigh' };
  for (const [tokens, effort] of Object.entries(worth)) {
    const max_tokens = Number(tokens);
    t.same(thinks('claude-opus-4-7', { reasoning: { max_tokens } }), adaptive(effort), tokens);
    const thinking = { type: 'enabled', budget_tokens: max_tokens };
    t.same(thinks('claude-opus-4-7', { thinking }), adaptive(effort), tokens);
  }
  t.same(
    thinks('claude-opus-4-7', { thinking: { type: 'enabled', budget_tokens: 9000, display: 'omitted' } }),
    [{ type: 'adaptive', display: 'omitted' }, { effort: 'high' }],
  );
});

t.test('Anthropic’s own words are fitted, too', async (t) => {
  const own = { thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } };
  t.same(thinks('claude-opus-4-8', own), [{ type: 'adaptive' }, { effort: 'xhigh' }]);
  t.same(thinks('claude-opus-4-6', own), [{ type: 'adaptive' }, { effort: 'high' }]);
  t.same(thinks('claude-sonnet-4-5', own), budget(24_576), 'it knows neither');
  t.same(thinks('claude-sonnet-4-5', { thinking: { type: 'adaptive' } }), budget(8192));
  t.same(thinks('claude-opus-4-5', { output_config: { effort: 'max' } }), [undefined, { effort: 'high' }]);
  t.same(thinks('gemini-3-flash', own), [{ type: 'adaptive' }, { effort: 'xhigh' }], 'not known');
  t.equal(refused({ output_config: { effort: 'huge' } }), 'output_config.effort');
  const format = {
    type: 'json_schema',
    schema: { type: 'object', properties: {}, additionalProperties: false },
  };
  t.same(ask('claude-opus-5', { output_config: { effort: 'low', format } }).output_config, {
    effort: 'low',
    format,
  });
});

t.test('no thinking', async (t) => {
  const wishes = [
    { reasoning_effort: 'none' },
    { reasoning: { enabled: false } },
    { thinking: { type: 'disabled' } },
  ];
  for (const wish of wishes) {
    for (const model of ['claude-opus-4-6', 'claude-opus-4-8', 'claude-opus-5', 'claude-haiku-5-5']) {
      t.same(thinks(model, wish), [{ type: 'disabled' }, undefined], model);
    }
    for (const model of ['claude-fable-5', 'claude-opus-5-5', 'claude-sonnet-5-5']) {
      t.same(thinks(model, wish), [undefined, { effort: 'low' }], `${model} always thinks`);
    }
  }
  const hard = { thinking: { type: 'disabled' }, output_config: { effort: 'max' } };
  t.same(thinks('claude-opus-5', hard), [{ type: 'disabled' }, { effort: 'high' }]);
});

t.test('sampling', async (t) => {
  const body = { temperature: 0.5, top_p: 0.9, top_k: 5 };
  t.match(ask('claude-opus-4-6', body), { temperature: 0.5, top_k: 5 });
  t.notOk('temperature' in ask('claude-opus-4-6', { ...body, reasoning_effort: 'low' }));
  for (const model of ['anthropic/claude-opus-4.7', 'claude-sonnet-5', 'claude-mythos-preview']) {
    const sent = ask(model, body);
    t.notOk('temperature' in sent || 'top_p' in sent || 'top_k' in sent, model);
  }
});

t.test('a last message of the assistant’s', async (t) => {
  const messages = [USER, { role: 'assistant', content: '{"a":' }];
  const turns = (model: string) => ask(model, { messages }).messages as readonly JsonObject[];
  t.equal(turns('claude-sonnet-4-5').length, 2);
  t.equal(turns('gemini-3-flash').length, 2);
  t.match(turns('claude-opus-4-6').slice(1), [
    { role: 'assistant' },
    { role: 'user', content: [{ type: 'text' }] },
  ]);
  t.same(
    thinks('claude-opus-4-6', { messages, reasoning_effort: 'low' }),
    adaptive('low'),
    'does not stop thought',
  );
});

t.test('calls that come back without their thinking do not stop it', async (t) => {
  const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
  const messages = [
    USER,
    { role: 'assistant', tool_calls: [call] },
    { role: 'tool', tool_call_id: 'a', content: 'r' },
  ];
  t.same(thinks('claude-opus-4-8', { messages, reasoning_effort: 'low' }), adaptive('low'));
  t.same(thinks('claude-sonnet-4-5', { messages, reasoning_effort: 'low' }), [undefined, undefined]);
});

t.test('a forced call stops it, but not the effort', async (t) => {
  const body = { tools: [{ name: 'f' }], tool_choice: 'required', reasoning_effort: 'high' };
  t.same(thinks('claude-opus-4-8', body), [undefined, { effort: 'high' }]);
});
