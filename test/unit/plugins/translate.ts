// What the translate plugin does to requests for an upstream that has the client's own API.
import t from 'tap';
import { join } from '../../../src/core/bytes.ts';
import { chat } from '../../../src/core/dialects/openai.ts';
import { responses } from '../../../src/core/dialects/responses.ts';
import { readRequest } from '../../../src/core/json/request.ts';
import type { Awaitable } from '../../../src/core/plugin.ts';
import type { DirectCall, UpstreamCall } from '../../../src/core/relay/call.ts';
import type { Services } from '../../../src/core/services.ts';
import { sign } from '../../../src/core/translate/signature.ts';
import { translate } from '../../../src/plugins/translate.ts';

const services = {
  config: { MAX_TOKENS_DEFAULT: 1_000 },
  upstreams: { require: () => ({ settings: { dialect: 'openai' }, gaps: { has: () => false } }) },
} as unknown as Services;

/** What goes upstream; a request that holds the gateway's own reasoning takes a promise. */
function call(api: typeof chat, body: object | string): Awaitable<DirectCall> {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const item = { quotaId: 1, model: 'gpt-5-mini', upstream: 'openai', weight: 1 };
  const exchange = { api, body: bytes, target: { item, request: readRequest(bytes, 16) } };
  return translate(services).onBody!(exchange as never) as unknown as Awaitable<DirectCall>;
}

async function sent(api: typeof chat, body: object | string): Promise<string> {
  return join((await call(api, body)).body).toString();
}

t.test('answers that are fetched later are refused where there is such a thing', async (t) => {
  const body = { model: 'm', background: true };
  t.throws(() => call(responses, body), { code: 'invalid_field', param: 'background' });
  t.equal(await sent(responses, { ...body, background: false }), '{"model":"gpt-5-mini","background":false}');
  t.equal(await sent(chat, body), '{"model":"gpt-5-mini","background":true}');
});

t.test('reasoning that the gateway made is not sent to those who cannot read it', async (t) => {
  const own = { type: 'reasoning', summary: [], encrypted_content: sign({ as: 'reasoning' }) };
  const others = { type: 'reasoning', summary: [], encrypted_content: 'gAAAAA' };
  const said = { role: 'user', content: `What is "${sign()}"? \u{1f600}` };
  const input = async (...items: object[]) =>
    JSON.parse(await sent(responses, { model: 'm', input: items })).input;
  t.same(await input(own, said, own, others, own), [said, others]);
  t.same(await input(own, own), []);
  t.same(await input(), []);
  t.same(await input(said, others), [said, others]);
  const thought = { ...own, summary: [{ type: 'summary_text', text: 'hm' }] };
  const answer = { role: 'assistant', content: 'so' };
  const { otherwise } = await call(responses, { model: 'm', input: [thought, answer] });
  const { messages } = JSON.parse(join(((await otherwise!(404, undefined)) as UpstreamCall).body).toString());
  t.same(messages, [{ ...answer, reasoning: 'hm' }], 'but a translation still sees it');
  const body = { model: 'm', input: sign() };
  t.equal(await sent(responses, body), JSON.stringify({ ...body, model: 'gpt-5-mini' }));
});

t.test('chat completions that are none are made some', async (t) => {
  const proper = async (body: object) => JSON.parse(await sent(chat, body));
  const schema = { type: 'object', properties: { city: { type: 'string' } } };
  t.same(
    await proper({
      model: 'auto',
      temperature: 1.5,
      seed: 7,
      input: 'Good day!',
      tools: [{ name: 'weather', description: 'Tells it.', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'weather' },
    }),
    {
      model: 'gpt-5-mini',
      temperature: 1.5,
      seed: 7,
      messages: [{ role: 'user', content: 'Good day!' }],
      tools: [
        { type: 'function', function: { name: 'weather', description: 'Tells it.', parameters: schema } },
      ],
      tool_choice: { type: 'function', function: { name: 'weather' } },
    },
    'what chat completions know keeps its value',
  );
  const limited = await proper({ model: 'auto', input: 'Go on.', max_output_tokens: 99 });
  t.match(limited, { max_completion_tokens: 99 });
  t.notOk('max_output_tokens' in limited);
});

t.test('those that do not show are made proper when their upstream refuses them', async (t) => {
  const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
  const body = { model: 'm', messages: [{ role: 'user', content: [image] }] };
  const first = await call(chat, body);
  t.equal(join(first.body).toString(), JSON.stringify({ ...body, model: 'gpt-5-mini' }));
  t.equal(first.otherwise!(500, undefined), undefined, 'not for any error');
  const second = (await first.otherwise!(400, undefined)) as UpstreamCall;
  t.match(JSON.parse(join(second.body).toString()).messages[0].content, [
    { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
  ]);
  t.equal(second.otherwise?.(400, undefined), undefined, 'once');
  const proper = await call(chat, { model: 'm', messages: [{ role: 'user', content: 'Hello.' }] });
  t.equal(proper.otherwise!(400, undefined), undefined, 'what is proper is refused for another reason');
});

t.test('reasoning that an upstream refuses is left out', async (t) => {
  const details = [{ type: 'reasoning.text', text: 'Hm.', signature: 's', format: 'anthropic-claude-v1' }];
  const said = { role: 'assistant', content: 'So.' };
  const messages = [
    { role: 'user', content: 'Hello.' },
    { ...said, reasoning_content: 'Hm.', reasoning_details: details },
    { role: 'user', content: 'And?' },
  ];
  const first = await call(chat, { model: 'm', messages });
  t.same(JSON.parse(join(first.body).toString()).messages, messages, 'some servers want it back');
  const second = (await first.otherwise!(400, undefined)) as UpstreamCall;
  t.same(JSON.parse(join(second.body).toString()), {
    model: 'gpt-5-mini',
    messages: [messages[0], said, messages[2]],
  });
});

t.test('a proper request that looks otherwise stays as it is', async (t) => {
  const tools = [{ type: 'function', function: { name: 'make', parameters: { input_schema: {} } } }];
  const body = { model: 'm', tools, messages: [{ role: 'user', content: 'x' }] };
  t.equal(await sent(chat, body), JSON.stringify({ ...body, model: 'gpt-5-mini' }));
});
