// Upstreams that think for long before the first token and between two: streams get signs of life meanwhile, which no SDK
// mistakes for anything else, and JSON gets none.
import t from 'tap';
import { CLIENTS } from '../../fixtures/clients.ts';
import { startMatrix } from '../../fixtures/matrix.ts';

const matrix = await startMatrix(t, { STREAM_PING_INTERVAL_MS: '40' });
const SILENT = { headDelayMs: 300, tokenDelayMs: 300, midDelayMs: 300 };
const TOOLS = [{ name: 'find', arguments: { query: 'ä' } }];

t.test('no client minds', async (t) => {
  const asked = CLIENTS.flatMap((client) =>
    matrix.sides(client.api).flatMap((side) => [false, true].map((stream) => ({ client, side, stream }))),
  );
  await Promise.all(
    asked.map(async ({ client, side, stream }) => {
      const ask = matrix.ask(side, { ...SILENT, text: 'a b ', tools: TOOLS, thinking: 'Hm. Well. ' });
      const said = await client.ask(ask, stream);
      const name = `${client.name} → ${side.name}, stream ${stream}`;
      t.match(said, { text: 'a b ', reasoning: 'Hm. Well. ', calls: [{ input: { query: 'ä' } }] }, name);
    }),
  );
});

const ROUTES = [
  ['/v1/chat/completions', { messages: true }, ': ping\n\n'],
  ['/v1/messages', { messages: true, max_tokens: 100 }, 'event: ping\ndata: {"type":"ping"}\n\n'],
  ['/v1/responses', {}, ': ping\n\n'],
] as const;

for (const [path, more, ping] of ROUTES) {
  t.test(`${path}: signs of life`, async (t) => {
    const asked = matrix
      .sides('responses')
      .flatMap((side) => [false, true].map((stream) => ({ side, stream })));
    await Promise.all(
      asked.map(async ({ side, stream }) => {
        const ask = matrix.ask(side, { ...SILENT, text: 'a b' });
        const messages = [{ role: 'user', content: ask.text }];
        const body = {
          ...{ model: 'auto', stream, ...more },
          ...('messages' in more ? { messages } : { input: ask.text }),
        };
        const response = await matrix.gateway.post(path, side.token, body, ask.headers);
        const text = await response.text();
        const pings = text.split(ping).length - 1;
        if (stream) t.ok(pings >= 3, `${side.name}: ${pings}`);
        else {
          t.equal(pings, 0, 'none in JSON');
          t.doesNotThrow(() => JSON.parse(text));
        }
      }),
    );
  });
}

matrix.compareBooks(t);
