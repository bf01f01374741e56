// Each row of the field tables is held to what the translation does. A row without a sample here fails.
import t from 'tap';
import type { Fields } from '../../../../../src/core/translate/fields.ts';
import * as tables from '../../../../../src/core/translate/responses_chat/fields.ts';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { OPTIONS, sent } from '../../../../fixtures/responses.ts';
import { ofType, SAMPLES, type Sample, SECRET, toolType } from '../../../../fixtures/responses-samples.ts';

/** A type needs no sample of its own to be dropped or refused. */
function sampleOf(table: string, name: string): Sample | undefined {
  const given = SAMPLES[table]?.[name];
  if (given !== undefined) return given;
  if (table === 'types of input[]') return ofType(name);
  return table === 'types of tools[]' ? toolType(name) : undefined;
}

/** The value of a kept field, wherever in the sample it stands. */
function findValue(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null) return undefined;
  if (name in object) return (object as JsonObject)[name];
  return Object.values(object)
    .map((value) => findValue(value, name))
    .find((value) => value !== undefined);
}

for (const { of, fields } of tables.TABLES) {
  t.test(of, async (t) => {
    for (const [name, { fate, to, note, unless }] of Object.entries(fields as Fields)) {
      const sample = sampleOf(of, name);
      if (sample === undefined) {
        t.fail(`no sample for ${name}`);
        continue;
      }
      const [request, expected, model = OPTIONS.model] = sample;
      t.ok(note !== '' || fate === 'kept', `${name} is explained`);
      if (fate === 'refused') {
        t.throws(() => sent(request), { code: 'invalid_field', message: note }, `${name} is refused`);
        for (const value of unless ?? []) t.ok(sent({ [name]: value }), `${name} may be ${value}`);
        continue;
      }
      const upstreams = sent(request, { model });
      if (fate === 'dropped') {
        t.notMatch(JSON.stringify(upstreams), SECRET, `${name} is dropped`);
        t.match(JSON.stringify(request), SECRET, `${name} has a sample that shows`);
      } else if (expected !== undefined) t.match(upstreams, expected, `${name} is ${fate}`);
      else if (fate === 'kept') {
        t.same(findValue(upstreams, to ?? name), findValue(request, name), `${name} is kept`);
        t.not(findValue(request, name), undefined, `${name} is in its sample`);
      } else t.fail(`no expectation for ${name}`);
    }
  });
}

t.test('samples are of rows that exist', async (t) => {
  for (const [of, samples] of Object.entries(SAMPLES)) {
    const rows = tables.TABLES.find((table) => table.of === of)?.fields ?? {};
    for (const name of Object.keys(samples)) t.ok(Object.hasOwn(rows, name), `${of} ${name}`);
  }
});

t.test('what is in no table is dropped', async (t) => {
  t.notMatch(
    JSON.stringify(sent({ frequency_penalties: SECRET, input: [{ role: 'user', content: 'x', x: SECRET }] })),
    SECRET,
  );
});

t.test(
  'only models that know it are told how long to talk, and a limit has the name that the model knows',
  async (t) => {
    const request = { text: { verbosity: 'low' }, max_output_tokens: 9 };
    for (const model of ['gpt-5-mini', 'openai/gpt-5.2']) {
      t.match(sent(request, { model }), {
        verbosity: 'low',
        max_completion_tokens: 9,
        max_tokens: undefined,
      });
    }
    t.match(sent(request, { ...OPTIONS, model: 'claude-sonnet-4.5' }), {
      verbosity: undefined,
      max_tokens: 9,
    });
  },
);

t.test('a user is not replaced', async (t) => {
  t.equal(sent({ user: 'u', safety_identifier: 's' }).user, 'u');
});

t.test('null is as good as absent', async (t) => {
  const names = Object.keys(tables.REQUEST_FIELDS).filter((name) => name !== 'model' && name !== 'input');
  t.same(sent(Object.fromEntries(names.map((name) => [name, null]))), sent({}));
  t.same(sent({ text: { format: null, verbosity: null }, reasoning: { effort: null } }), sent({}));
});
