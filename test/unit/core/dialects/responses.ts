// How clients of the responses API learn that a stream has broken.
import { APIError } from 'openai';
import t from 'tap';
import { responses } from '../../../../src/core/dialects/responses.ts';
import { ProxyError } from '../../../../src/core/errors.ts';
import { chunk, clientOf, streamed } from '../../../fixtures/responses.ts';
import { rejects } from '../../../fixtures/sdk.ts';

const busy = responses.errorEvent(new ProxyError('upstream_busy'), 'req-1');
const MESSAGE = 'The model provider has too many open requests.';

t.test('the official SDK throws, whether anything came before or not', async (t) => {
  const begun = streamed([chunk({ content: 'half' })]).slice(0, 5);
  for (const body of [busy, begun.map((event) => responses.event(event)).join('') + busy]) {
    const client = await clientOf(t, body);
    const raw = async () => {
      const stream = await client.responses.create({ model: 'm', input: 'hi', stream: true });
      for await (const event of stream) t.not(event.type, 'response.failed');
    };
    const helped = client.responses.stream({ model: 'm', input: 'hi' }).finalResponse();
    const expected = { message: MESSAGE, code: 'upstream_busy', type: 'server_error' };
    await rejects(t, raw(), APIError, expected, 'a stream');
    await rejects(t, helped, APIError, expected, 'the helper');
  }
});

t.test('there is an event for those who wait for the response to fail', async (t) => {
  const [first, second, rest] = busy.split('\n\n');
  t.match(first, /^event: error\ndata: /);
  const failed = /^event: response\.failed\ndata: (.*)$/.exec(second!);
  t.match(JSON.parse(failed![1]!), {
    type: 'response.failed',
    response: {
      id: 'resp_req-1',
      status: 'failed',
      error: { code: 'upstream_busy', message: MESSAGE },
      output: [],
    },
  });
  t.equal(rest, '');
});

t.test('an error without a code has its type for one', async (t) => {
  const event = responses.errorEvent(
    new ProxyError('invalid_field', { message: 'No.', param: 'input' }),
    'r',
  );
  const error = {
    type: 'invalid_request_error',
    code: 'invalid_request_error',
    message: 'No.',
    param: 'input',
  };
  const { error: nested, ...flat } = JSON.parse(event.split('\n')[1]!.slice('data: '.length));
  t.same(nested, error);
  t.match(flat, { ...error, type: 'error' });
});
