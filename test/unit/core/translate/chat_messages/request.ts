// The settings of a request: limits, sampling, stop sequences, formats, and who asks.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { refused, translate } from './fixtures/translate.ts';

/** The members that are there beside those of every request. */
const settings = (body: JsonObject): JsonObject => {
  const { model, messages, max_tokens, ...others } = translate(body);
  return others;
};

t.test('a plain request', async (t) => {
  t.same(translate({}), {
    model: 'routed',
    max_tokens: 32_000,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
  });
});

t.test('max_tokens', async (t) => {
  const limit = (body: JsonObject) => translate(body).max_tokens;
  t.equal(limit({ max_tokens: 5 }), 5);
  t.equal(limit({ max_completion_tokens: 6, max_tokens: 5 }), 6);
  t.equal(limit({ max_completion_tokens: null, max_tokens: null }), 32_000);
  t.equal(refused({ max_tokens: '5' }), 'max_tokens');
});

t.test('sampling', async (t) => {
  t.same(settings({ temperature: 0 }), { temperature: 0 });
  t.same(settings({ temperature: 2, top_k: 4 }), { temperature: 1, top_k: 4 });
  t.same(settings({ top_p: 0.5, top_k: 4 }), { top_p: 0.5, top_k: 4 });
  t.same(settings({ temperature: 0.3, top_p: 0.5 }), { temperature: 0.3 }, 'newer models take only one');
  t.same(settings({ temperature: null, top_p: null }), {});
  t.equal(refused({ temperature: 'hot' }), 'temperature');
});

t.test('stop sequences', async (t) => {
  t.same(settings({ stop: 'END' }), { stop_sequences: ['END'] });
  t.same(settings({ stop: ['a', '\n', '', 'b '] }), { stop_sequences: ['a', 'b '] });
  t.same(settings({ stop: ['\n'] }), {});
  t.same(settings({ stop: null }), {});
  t.equal(refused({ stop: ['a', 1] }), 'stop[1]');
  t.equal(refused({ stop: {} }), 'stop');
});

t.test('formats', async (t) => {
  const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
  const format = (response_format: unknown) => settings({ response_format });
  t.same(format({ type: 'json_schema', json_schema: { name: 'x', strict: true, schema } }), {
    output_config: { format: { type: 'json_schema', schema } },
  });
  t.match(format({ type: 'json_object' }), { system: [{ type: 'text', text: /JSON object/ }] });
  t.match(format({ type: 'json_schema', json_schema: { name: 'x' } }), { system: [{ text: /JSON object/ }] });
  t.same(format({ type: 'text' }), {});
  t.equal(refused({ response_format: { type: 'xml' } }), 'response_format.type');
  t.equal(refused({ response_format: { type: 'json_schema' } }), 'response_format.json_schema');
  const { system } = translate({
    messages: [
      { role: 'system', content: 'first' },
      { role: 'user', content: 'x' },
    ],
    response_format: { type: 'json_object' },
  });
  t.match(system, [{ text: 'first' }, { text: /JSON/ }]);
});

t.test('who asks', async (t) => {
  t.same(settings({ user: 'u' }), { metadata: { user_id: 'u' } });
  t.same(settings({ user: 'u', safety_identifier: 's' }), { metadata: { user_id: 's' } });
  t.same(settings({ user: '', metadata: { user_id: 'x' } }), {});
  t.equal(refused({ user: 7 }), 'user');
});

t.test('service tiers', async (t) => {
  const tier = (service_tier: unknown) => settings({ service_tier }).service_tier;
  t.same(['auto', 'priority', 'scale', 'default', 'flex', null, 7].map(tier), [
    'auto',
    'auto',
    'auto',
    'standard_only',
    'standard_only',
    undefined,
    undefined,
  ]);
});

t.test('streams', async (t) => {
  t.same(settings({ stream: true, stream_options: { include_usage: true } }), { stream: true });
});

t.test('what asks for nothing special is not refused', async (t) => {
  const harmless = {
    n: 1,
    logprobs: false,
    modalities: ['text'],
    functions: [],
    function_call: 'auto',
    audio: null,
  };
  t.same(settings(harmless), {});
  t.equal(refused({ modalities: ['audio'] }), 'modalities');
});
