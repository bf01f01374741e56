// What the translate plugin refuses before an upstream is asked.
import t from 'tap';
import { chat } from '../../../src/core/dialects/openai.ts';
import { responses } from '../../../src/core/dialects/responses.ts';
import { readRequest } from '../../../src/core/json/request.ts';
import type { DirectCall } from '../../../src/core/relay/call.ts';
import type { Services } from '../../../src/core/services.ts';
import { translate } from '../../../src/plugins/translate.ts';

const services = {
  config: {},
  upstreams: { require: () => ({ settings: { dialect: 'openai' }, gaps: { has: () => false } }) },
} as unknown as Services;

function call(api: typeof chat, body: object): DirectCall {
  const bytes = Buffer.from(JSON.stringify(body));
  const item = { quotaId: 1, model: 'gpt-5-mini', upstream: 'openai', weight: 1 };
  const exchange = { api, body: bytes, target: { item, request: readRequest(bytes, 16) } };
  return translate(services).onBody!(exchange as never) as unknown as DirectCall;
}

t.test('answers that are fetched later are refused where there is such a thing', async (t) => {
  const body = { model: 'm', background: true };
  t.throws(() => call(responses, body), { code: 'invalid_field', param: 'background' });
  t.equal(
    call(responses, { ...body, background: false }).body.toString(),
    '{"model":"gpt-5-mini","background":false}',
  );
  t.equal(call(chat, body).body.toString(), '{"model":"gpt-5-mini","background":true}');
});
