// An upstream's error, in whatever words, is told in those of the client's dialect.
import t from 'tap';
import { reportOf } from '../../../../src/core/dialects/report.ts';

const openaiError = (fields: object) => ({ error: { param: null, code: null, ...fields } });
const anthropicError = (type: string, message: string) => ({ type: 'error', error: { type, message } });

t.test('statuses and types', async (t) => {
  const cases = [
    [400, 400, 'invalid_request_error', 400, 'invalid_request_error'],
    [403, 403, 'permission_error', 403, 'permission_error'],
    [404, 404, 'invalid_request_error', 404, 'not_found_error'],
    [413, 413, 'invalid_request_error', 413, 'request_too_large'],
    [422, 422, 'invalid_request_error', 422, 'invalid_request_error'],
    [429, 429, 'rate_limit_error', 429, 'rate_limit_error'],
    [500, 500, 'server_error', 500, 'api_error'],
    [503, 503, 'server_error', 529, 'overloaded_error'],
    [504, 504, 'server_error', 504, 'timeout_error'],
    [529, 503, 'server_error', 529, 'overloaded_error'],
  ] as const;
  for (const [status, openaiStatus, openaiType, anthropicStatus, anthropicType] of cases) {
    const error = openaiError({ message: 'Why.' });
    t.match(reportOf(status, error, 'openai'), {
      status: openaiStatus,
      openaiType,
      publicMessage: 'Why.',
    });
    t.match(reportOf(status, error, 'anthropic'), { status: anthropicStatus, anthropicType });
  }
});

t.test('in mid-stream the type says what the status would', async (t) => {
  const overloaded = anthropicError('overloaded_error', 'Overloaded');
  t.match(reportOf(200, overloaded, 'openai'), { status: 503, openaiType: 'server_error' });
  t.match(reportOf(200, overloaded, 'anthropic'), { status: 529, anthropicType: 'overloaded_error' });
  const quota = openaiError({ message: 'Paid up?', type: 'insufficient_quota', code: 'insufficient_quota' });
  t.match(reportOf(200, quota, 'anthropic'), { anthropicType: 'rate_limit_error' });
  t.match(reportOf(200, quota, 'openai'), { openaiCode: 'insufficient_quota' });
  const failed = { type: 'response.failed', response: { error: { code: 'server_error', message: 'x' } } };
  t.match(reportOf(200, failed, 'openai'), { publicMessage: 'x', openaiCode: 'server_error' });
});

t.test('a prompt that does not fit, in the words that each side looks for', async (t) => {
  const fromOpenai = openaiError({
    message: "This model's maximum context length is 8192 tokens.",
    code: 'context_length_exceeded',
  });
  t.match(reportOf(400, fromOpenai, 'anthropic'), {
    publicMessage: "prompt is too long: This model's maximum context length is 8192 tokens.",
  });
  const fromAnthropic = anthropicError('invalid_request_error', 'prompt is too long: 9 tokens > 8 maximum');
  t.match(reportOf(400, fromAnthropic, 'openai'), { openaiCode: 'context_length_exceeded' });
  t.match(reportOf(400, fromAnthropic, 'anthropic'), {
    publicMessage: 'prompt is too long: 9 tokens > 8 maximum',
  });
});

t.test('whatever the body is, there is a message', async (t) => {
  for (const body of [undefined, null, 7, [], {}, { error: null }, { error: {} }, { message: 3 }]) {
    t.match(reportOf(502, body, 'openai'), {
      publicMessage: 'The model provider answered with status 502.',
      status: 502,
    });
  }
  t.match(reportOf(502, { error: 'plain text' }, 'openai'), { publicMessage: 'plain text' });
  t.match(reportOf(400, [{ error: { code: 400, message: 'Listed.' } }], 'openai'), {
    publicMessage: 'Listed.',
  });
  t.match(reportOf(404, { detail: 'Not Found' }, 'anthropic'), { publicMessage: 'Not Found' });
  t.equal(reportOf(500, { message: 'x'.repeat(10_000) }, 'openai').publicMessage.length, 2_000);
});
