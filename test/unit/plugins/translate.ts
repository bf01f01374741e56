// What the translate plugin does to requests for an upstream that has the client's own API.
import t from 'tap';
import { chat } from '../../../src/core/dialects/openai.ts';
import { responses } from '../../../src/core/dialects/responses.ts';
import { readRequest } from '../../../src/core/json/request.ts';
import type { Awaitable } from '../../../src/core/plugin.ts';
import type { DirectCall, UpstreamCall } from '../../../src/core/relay/call.ts';
import type { Services } from '../../../src/core/services.ts';
import { sign } from '../../../src/core/translate/signature.ts';
import { translate } from '../../../src/plugins/translate.ts';

const services = {
  config: {},
  upstreams: { require: () => ({ settings: { dialect: 'openai' }, gaps: { has: () => false } }) },
} as unknown as Services;

/** At once, or as a promise. */
/** What goes upstream; a request that holds the gateway's own reasoning takes a promise. */
function call(api: typeof chat, body: object | string): Awaitable<DirectCall> {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const item = { quotaId: 1, model: 'gpt-5-mini', upstream: 'openai', weight: 1 };
  const exchange = { api, body: bytes, target: { item, request: readRequest(bytes, 16) } };
  return translate(services).onBody!(exchange as never) as unknown as Awaitable<DirectCall>;
}

async function sent(api: typeof chat, body: object | string): Promise<string> {
  return (await call(api, body)).body.toString();
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
  const text = `{ "n":12345678901234567890, "input" : [ ${JSON.stringify(said)} ,${JSON.stringify(own)}],"model":"m", "x":["${sign()}"] }`;
  t.equal(
    await sent(responses, text),
    text.replace(/\[.*\],"model":"m"/, `[${JSON.stringify(said)}],"model":"gpt-5-mini"`),
    'all else stays as it is',
  );
  const thought = { ...own, summary: [{ type: 'summary_text', text: 'hm' }] };
  const answer = { role: 'assistant', content: 'so' };
  const { otherwise } = await call(responses, { model: 'm', input: [thought, answer] });
  const { messages } = JSON.parse(((await otherwise!()) as UpstreamCall).body.toString());
  t.same(messages, [{ ...answer, reasoning: 'hm' }], 'but a translation still sees it');
  const body = { model: 'm', input: sign() };
  t.equal(await sent(responses, body), JSON.stringify({ ...body, model: 'gpt-5-mini' }));
});
