// What the gateway reads of a request body, what it refuses, and that it changes nothing but what it must.
import t from 'tap';
import { ProxyError } from '../../../../src/core/errors.ts';
import { readRequest, splice } from '../../../../src/core/json/request.ts';

const read = (body: string, depthMax = 16) => readRequest(Buffer.from(body), depthMax);

const code = (body: string | Buffer, depthMax = 16): string => {
  try {
    readRequest(Buffer.from(body as string), depthMax);
    return 'accepted';
  } catch (error) {
    return error instanceof ProxyError ? error.code : String(error);
  }
};

t.test('reads model, stream and stream_options wherever they stand', async (t) => {
  t.match(read('{"model":"m"}'), { model: 'm', stream: false, includeUsage: false });
  t.match(read(' {"a":{"model":"x"},"stream" : true,\n"model" : "m\\u00fc/1"}\n'), {
    model: 'mü/1',
    stream: true,
  });
  t.match(read('{"model":"m","stream":null}'), { stream: false });
  t.match(read('{"stream_options":{"x":[1],"include_usage":true},"model":"m"}'), { includeUsage: true });
  t.match(read('{"stream_options":{"include_usage":false},"model":"m"}'), { includeUsage: false });
});

t.test('takes the same texts for JSON as JSON.parse does', async (t) => {
  const values = [
    '0',
    '-0',
    '01',
    '1.',
    '.5',
    '1.5e+10',
    '1e',
    '1E-2',
    '-',
    '+1',
    '12345678901234567890',
    'NaN',
    'Infinity',
    'true',
    'tru',
    'truex',
    'null',
    'nul',
    '""',
    '"\\""',
    '"\\\\"',
    '"\\\\\\""',
    '"',
    '"\\',
    '"a',
    "'a'",
    '[]',
    '[1]',
    '[1,]',
    '[,1]',
    '[1 2]',
    '[',
    ']',
    '{}',
    '{"a":1}',
    '{"a":1,}',
    '{,}',
    '{"a"}',
    '{a:1}',
    '{"a":}',
    '{"a":1 "b":2}',
    '{"a":[{}]}',
    '"\n"',
    '"\t"',
    '/*x*/1',
    '[1]//',
    '',
    `"${'x'.repeat(100)}"`,
    `"${'x'.repeat(100)}\\""`,
    `"${'x'.repeat(100)}\\"`,
    `"${'\\\\'.repeat(60)}"`,
    `"${'\\"'.repeat(60)}"`,
    `"${'\\"'.repeat(60)}`,
  ];
  for (const value of values) {
    const body = `{"model":"m","x":${value}}`;
    let valid = true;
    try {
      JSON.parse(body);
    } catch {
      valid = false;
    }
    t.equal(code(body), valid ? 'accepted' : 'invalid_json', body);
  }
});

t.test('refuses what it must not pass on', async (t) => {
  t.equal(code(''), 'invalid_json');
  t.equal(code('[]'), 'invalid_json');
  t.equal(code('"model"'), 'invalid_json');
  t.equal(code('{"model":"m"} x'), 'invalid_json');
  t.equal(code('\ufeff{"model":"m"}'), 'invalid_json');
  t.equal(code(Buffer.from('7b226d6f64656c223a22ff227d', 'hex')), 'unsupported_encoding');
  t.equal(code('{}'), 'invalid_field');
  t.equal(code('{"model":null}'), 'invalid_field');
  t.equal(code('{"model":["m"]}'), 'invalid_field');
  t.equal(code(`{"model":"${'m'.repeat(257)}"}`), 'invalid_field');
  t.equal(code('{"model":"m","stream":1}'), 'invalid_field');
  t.equal(code('{"model":"m","stream_options":[]}'), 'invalid_field');
  t.equal(code('{"model":"m","stream_options":{"include_usage":"yes"}}'), 'invalid_field');
});

t.test('refuses a field that two readers could read differently', async (t) => {
  t.equal(code('{"model":"m","model":"m"}'), 'duplicate_key');
  t.equal(code('{"model":"m","stream":true,"stream":true}'), 'duplicate_key');
  t.equal(code('{"model":"m","stream_options":null,"stream_options":null}'), 'duplicate_key');
  t.equal(
    code('{"model":"m","stream_options":{"include_usage":true,"include_usage":false}}'),
    'duplicate_key',
  );
  t.equal(code('{"model":"m","mod\\u0065l":"n"}'), 'duplicate_key');
  t.equal(code('{"model":"m","stream_options":{"include\\u005fusage":false}}'), 'duplicate_key');
  t.equal(
    code('{"model":"m","x":{"model":1,"model":2},"\\u0078":1,"temperature":1,"temperature":2}'),
    'accepted',
  );
});

t.test('bounds the nesting', async (t) => {
  const nested = (levels: number) => `{"model":"m","x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  t.equal(code(nested(15)), 'accepted', 'the root is a level, too');
  t.equal(code(nested(16)), 'body_too_deep');
  t.equal(code(`{"model":"m","x":${'['.repeat(1_000_000)}`), 'body_too_deep', 'and does not read on');
});

t.test('edits leave every other byte alone', async (t) => {
  const edited = (body: string) => {
    const bytes = Buffer.from(body);
    const { modelAt, includeUsageEdit } = readRequest(bytes, 16);
    const edits = [{ ...modelAt, bytes: Buffer.from('"routed"') }, includeUsageEdit].sort(
      (a, b) => a.start - b.start,
    );
    return Buffer.concat(splice(bytes, edits)).toString();
  };
  t.equal(
    edited('{ "n":12345678901234567890, "model" : "ä", "stream_options": null }'),
    '{ "n":12345678901234567890, "model" : "routed", "stream_options": {"include_usage":true} }',
  );
  t.equal(edited('{"model":"m"}'), '{"stream_options":{"include_usage":true},"model":"routed"}');
  t.equal(
    edited('{"stream_options":{},"model":"m"}'),
    '{"stream_options":{"include_usage":true},"model":"routed"}',
  );
  t.equal(
    edited('{"stream_options":{"a":"💥"},"model":"m"}'),
    '{"stream_options":{"include_usage":true,"a":"💥"},"model":"routed"}',
  );
  t.equal(
    edited('{"model":"m","stream_options":{"include_usage": false }}'),
    '{"model":"routed","stream_options":{"include_usage": true }}',
  );
});

t.test('refuses keys that some readers take for those that decide', async (t) => {
  for (const key of ['Model', 'MODEL', 'mODEL', '\u017ftream', 'Stream_Options', 'Models', 'strea\\u004d']) {
    t.equal(code(`{"model":"m","${key}":"x"}`), 'duplicate_key', key);
  }
  t.equal(code('{"model":"m","stream_options":{"Include_Usage":false}}'), 'duplicate_key');
  t.equal(code('{"model":"m","Temperature":1,"Ünder":2,"modeled":3}'), 'accepted');
});

t.test('refuses a list of models to fall back to', async (t) => {
  t.equal(code('{"model":"m","models":["a/b"]}'), 'invalid_field');
  t.equal(code('{"model":"m","models":null}'), 'accepted');
});

t.test('reads whether the answer is to be fetched later', async (t) => {
  const background = (body: string) => readRequest(Buffer.from(body), 16).background;
  t.equal(background('{"model":"m"}'), false);
  t.equal(background('{"model":"m","background":null}'), false);
  t.equal(background('{"model":"m","background":true}'), true);
  t.equal(code('{"model":"m","background":"later"}'), 'invalid_field');
  t.equal(code('{"model":"m","background":false,"background":true}'), 'duplicate_key');
  t.equal(code('{"model":"m","Background":true}'), 'duplicate_key');
});
