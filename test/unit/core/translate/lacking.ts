// Which errors say that an upstream does not have an API, and which are about something else.
import t from 'tap';
import { lacksApi } from '../../../../src/core/translate/lacking.ts';

t.test('the path is not there', async (t) => {
  const says = [
    undefined,
    {},
    { detail: 'Not Found' },
    { error: 'Not Found' },
    {
      error: {
        message: 'Invalid URL (POST /v1/responses)',
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    },
    { error: { message: 'Unknown request URL: POST /v1/responses.', code: 'not_found' } },
    { type: 'error', error: { type: 'not_found_error', message: 'Not Found' } },
  ];
  for (const said of says) t.ok(lacksApi(404, said), JSON.stringify(said));
  t.ok(lacksApi(405, { error: { message: 'Method not allowed for this model' } }));
  t.ok(lacksApi(501, undefined));
});

t.test('something else is not there, or something else is wrong', async (t) => {
  const says = [
    { error: { message: 'The model `x` does not exist.', code: 'model_not_found' } },
    { error: { message: "Item with id 'rs_1' not found.", param: 'input', code: null } },
    { error: { message: "Item with id 'rs_1' not found. Items are not persisted when `store` is false." } },
    { error: { message: 'Previous response not found', code: 'previous_response_not_found' } },
    { object: 'error', message: 'The model `x` does not exist.', code: 404 },
    { type: 'error', error: { type: 'not_found_error', message: 'model: claude-9' } },
  ];
  for (const said of says) t.notOk(lacksApi(404, said), JSON.stringify(said));
  for (const status of [400, 403, 410, 500]) t.notOk(lacksApi(status, undefined));
});
