// What the SDKs do about errors that pass: they try again when they are told to, whatever the upstream speaks.
import t from 'tap';
import { type Script, scriptText } from '../../../sim/script.ts';
import { MAX_TOKENS } from '../../fixtures/clients.ts';
import { type Side, startMatrix } from '../../fixtures/matrix.ts';
import { ANTHROPIC_SDKS, anthropicClient, openaiClient } from '../../fixtures/sdk.ts';

const matrix = await startMatrix(t);
const { url } = matrix.gateway;
let asked = 0;

/** @returns how often the upstream was asked, and whether there was an answer at last */
type Try = (side: Side, script: Script) => Promise<void>;

const chat: Try = async ({ token }, script) => {
  const client = openaiClient({ url }, token, { maxRetries: 2 });
  const messages = [{ role: 'user' as const, content: scriptText(script) }];
  await client.chat.completions.create({ model: 'auto', messages });
};
const responses: Try = async ({ token }, script) => {
  const client = openaiClient({ url }, token, { maxRetries: 2 });
  await client.responses.create({ model: 'auto', input: scriptText(script) });
};
const messages = ANTHROPIC_SDKS.map(({ version, sdk }): [string, 'messages', Try] => [
  `anthropic ${version}`,
  'messages',
  async ({ token }, script) => {
    const client = anthropicClient({ url }, token, { maxRetries: 2 }, sdk);
    const messages = [{ role: 'user' as const, content: scriptText(script) }];
    await client.messages.create({ model: 'auto', max_tokens: MAX_TOKENS, messages });
  },
]);
const TRIES: readonly [string, 'chat' | 'messages' | 'responses', Try][] = [
  ['openai, chat completions', 'chat', chat],
  ['openai, responses', 'responses', responses],
  ...messages,
];
const SOON = { 'retry-after-ms': '10' };

/** Each with how many requests the upstream gets, and whether there is an answer in the end. */
const CASES: readonly [name: string, Script, requests: number, answered: boolean][] = [
  ['429 once', { status: 429, failTimes: 1, headers: SOON }, 2, true],
  ['529 twice', { status: 529, failTimes: 2, headers: SOON }, 3, true],
  ['503, always', { status: 503, headers: SOON }, 3, false],
  ['429 that will not pass', { status: 429, headers: { 'x-should-retry': 'false' } }, 1, false],
  ['400', { status: 400 }, 1, false],
];

for (const [name, api, send] of TRIES) {
  for (const side of matrix.sides(api)) {
    t.test(`${name} → ${side.name}`, async (t) => {
      for (const [name, script, requests, answered] of CASES) {
        const id = `retry-${++asked}`;
        const outcome = send(side, { ...script, id }).then(
          () => true,
          () => false,
        );
        t.equal(await outcome, answered, name);
        const entries = side.simulator.books.entries.filter((entry) => entry.script.id === id);
        t.equal(entries.length, requests, `${name}: so many requests`);
      }
    });
  }
}

t.test('every attempt has a row', async (t) => {
  const entries = [matrix.side('openai'), matrix.side('anthropic'), matrix.side('chat-only')].flatMap(
    (side) => side.simulator.books.entries.filter(({ script }) => script.id !== undefined),
  );
  const rows = await matrix.gateway.rows(entries.length);
  const ids = (list: readonly (string | undefined)[]) => list.toSorted();
  t.strictSame(
    ids(rows.map(({ request_id }) => request_id)),
    ids(entries.map((entry) => entry.header('x-request-id'))),
  );
});
