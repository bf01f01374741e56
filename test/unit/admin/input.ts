// What admins send is checked strictly, and the message names the first bad field.
import t from 'tap';
import {
  KEY_CHANGE,
  KEY_CREATION,
  KEY_PAGE,
  parseBody,
  parseQuery,
  USAGE_RANGE,
} from '../../../src/admin/input.ts';
import type { ProxyError } from '../../../src/core/errors.ts';

function problem(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    const { code, param, message } = thrown as ProxyError;
    return `${code} ${param}: ${message}`;
  }
  return 'none';
}

const body = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const NAME = 'must be a text of 1 to 200 characters.';
const DAYS = 'must be a whole number of days from 1 to 36500.';

t.test('a new key', async (t) => {
  const key = { name: 'alice', sub_name: 'pro', expires_in: 30 };
  t.same(parseBody(KEY_CREATION, body(key), undefined), key);
  t.same(parseBody(KEY_CREATION, body({ name: 'ä', sub_name: 'pro' }), 'identity'), {
    name: 'ä',
    sub_name: 'pro',
  });
  for (const [value, expected] of [
    [{ sub_name: 'pro' }, 'invalid_field name: name is missing.'],
    [{ name: 'alice' }, 'invalid_field sub_name: sub_name is missing.'],
    [{ ...key, name: '' }, `invalid_field name: name ${NAME}`],
    [{ ...key, name: 'a\0b' }, `invalid_field name: name ${NAME}`],
    [{ ...key, name: 'x'.repeat(201) }, `invalid_field name: name ${NAME}`],
    [{ ...key, name: null }, `invalid_field name: name ${NAME}`],
    [{ ...key, expires_in: 0 }, `invalid_field expires_in: expires_in ${DAYS}`],
    [{ ...key, expires_in: 1.5 }, `invalid_field expires_in: expires_in ${DAYS}`],
    [{ ...key, expires_in: '30' }, `invalid_field expires_in: expires_in ${DAYS}`],
    [{ ...key, expires_in: 1e30 }, `invalid_field expires_in: expires_in ${DAYS}`],
    [{ ...key, expires_in: null }, `invalid_field expires_in: expires_in ${DAYS}`],
    [{ ...key, admin: true }, 'invalid_field admin: admin is not a field of this request.'],
    [[], 'invalid_json null: The request must be a JSON object.'],
    ['null', 'invalid_json null: The request must be a JSON object.'],
    ['{', 'invalid_json null: The request body is not valid JSON.'],
    ['', 'invalid_json null: The request body is not valid JSON.'],
  ] as [unknown, string][]) {
    t.equal(
      problem(() => parseBody(KEY_CREATION, body(value), undefined)),
      expected,
    );
  }
  t.match(
    problem(() => parseBody(KEY_CREATION, body(key), 'gzip')),
    /^unsupported_encoding/,
  );
});

t.test('a changed key', async (t) => {
  t.same(parseBody(KEY_CHANGE, body({ active: false, expires_in: null }), undefined), {
    active: false,
    expires_in: null,
  });
  t.equal(
    problem(() => parseBody(KEY_CHANGE, body({ active: 'no' }), undefined)),
    'invalid_field active: active must be true or false.',
  );
});

t.test('a page of keys', async (t) => {
  t.same(parseQuery(KEY_PAGE, ''), { limit: 100, after: '0' });
  t.same(parseQuery(KEY_PAGE, 'limit=5&after=12'), { limit: 5, after: '12' });
  for (const query of [
    'limit=0',
    'limit=1001',
    'limit=x',
    'after=-1',
    "after='",
    'page=2',
    'limit=1&limit=2',
  ]) {
    t.match(
      problem(() => parseQuery(KEY_PAGE, query)),
      /^invalid_field (limit|after|page): /,
      query,
    );
  }
});

t.test('a range of usage', async (t) => {
  t.same(parseQuery(USAGE_RANGE, 'from=2026-01-31&to=2026-02-01T12:00:00%2B02:00&format=csv'), {
    from: new Date('2026-01-31T00:00:00Z'),
    to: new Date('2026-02-01T10:00:00Z'),
    format: 'csv',
  });
  t.same(parseQuery(USAGE_RANGE, ''), { format: 'ndjson' });
  for (const query of [
    'from=yesterday',
    'to=2026-02-30',
    'from=1',
    'from=',
    'from=2026-01-31T12:00',
    'format=xml',
  ]) {
    t.match(
      problem(() => parseQuery(USAGE_RANGE, query)),
      /^invalid_field (from|to|format): /,
      query,
    );
  }
});
