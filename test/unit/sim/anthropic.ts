// Both generations of the official Anthropic client take the simulator for the real thing.
import Anthropic from '@anthropic-ai/sdk';
import EarlierAnthropic from 'anthropic-sdk-0';
import t from 'tap';
import { type Script, scriptText } from '../../../sim/script.ts';
import { startSimulator } from '../../../sim/simulator.ts';

const simulator = await startSimulator({ dialect: 'anthropic' });
t.teardown(() => simulator.close());

const CLIENTS = [
  ['1', new Anthropic({ baseURL: simulator.url, apiKey: 'key' })],
  ['0', new EarlierAnthropic({ baseURL: simulator.url, apiKey: 'key' }) as unknown as Anthropic],
] as const;

const request = (script: Script) => ({
  model: 'large',
  max_tokens: 1000,
  messages: [{ role: 'user' as const, content: scriptText(script) }],
});

const tools = [{ name: 'search', arguments: { query: 'weather in Ulm', usage: { input_tokens: 999 } } }];
const usage = { input: 100, output: 50, cacheRead: 30, cacheWrite: 10 };
const told = {
  input_tokens: 60,
  cache_read_input_tokens: 30,
  cache_creation_input_tokens: 10,
  output_tokens: 50,
};

for (const [generation, client] of CLIENTS) {
  const id = (name: string): string => `${name}-${generation}`;

  t.test(`JSON, SDK ${generation}`, async (t) => {
    const answer = await client.messages.create(
      request({ id: id('json'), thinking: 'let me see', text: 'Good day.', tools, usage }),
    );
    t.match(answer, {
      type: 'message',
      role: 'assistant',
      model: 'large',
      stop_reason: 'tool_use',
      content: [
        { type: 'thinking', thinking: 'let me see' },
        { type: 'text', text: 'Good day.' },
        { type: 'tool_use', name: 'search', input: tools[0]!.arguments },
      ],
      usage: told,
    });
    const entry = await simulator.until('finished', id('json'));
    t.same(entry.reported, { ...usage, reasoning: 0 });
    t.ok(entry.authorization?.endsWith('key'));
  });

  t.test(`a stream, SDK ${generation}`, async (t) => {
    const stream = client.messages.stream(
      request({
        id: id('stream'),
        thinking: 'let me see',
        chunks: 6,
        chunkBytes: 11,
        tools,
        usage,
        pings: true,
      }),
    );
    const types = new Set<string>();
    stream.on('streamEvent', ({ type }) => types.add(type));
    const final = await stream.finalMessage();
    t.match(final, {
      stop_reason: 'tool_use',
      content: [{ type: 'thinking' }, { type: 'text' }, { type: 'tool_use', input: tools[0]!.arguments }],
      usage: told,
    });
    t.equal(types.size, 6);
    const entry = await simulator.until('finished', id('stream'));
    t.equal(entry.text.length, 66);
    t.same(entry.reported, { ...usage, reasoning: 0 });
    t.match(entry.sent.toString(), /event: ping\n/);
  });

  t.test(`usage that is corrected at the end, SDK ${generation}`, async (t) => {
    const first: unknown[] = [];
    const stream = client.messages.stream(request({ id: id('corrected'), usageShape: 'corrected', usage }));
    stream.on('streamEvent', (event) => {
      if (event.type === 'message_start') first.push(event.message.usage.input_tokens);
    });
    const final = await stream.finalMessage();
    t.same(first, [42]);
    t.match(final.usage, told);
  });

  t.test(`usage that is partly null at the end, SDK ${generation}`, async (t) => {
    const final = await client.messages.stream(request({ usageShape: 'nulls', usage })).finalMessage();
    t.match(final.usage, told);
  });

  t.test(`errors, SDK ${generation}`, async (t) => {
    const headers = { 'x-should-retry': 'false' };
    await t.rejects(client.messages.create(request({ status: 529, headers })), {
      message: /^529 .*overloaded_error/,
    });
    await t.rejects(client.messages.create(request({ status: 401 })), { message: /^401 / });
    const stream = client.messages.stream(request({ fault: 'error-event', chunks: 3, after: 2 }));
    await t.rejects(stream.finalMessage(), { message: /mid-stream/ });
    await t.rejects(client.messages.create({ ...request({}), max_tokens: 0 }), { message: /^400 / });
  });
}

t.test('a request must name the version of the API', async (t) => {
  const response = await fetch(`${simulator.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request({})),
  });
  t.equal(response.status, 400);
  t.match(await response.json(), { type: 'error', error: { message: /anthropic-version/ } });
});

t.test('a stream has the oddities of real ones, if asked for', async (t) => {
  await CLIENTS[0][1].messages
    .create({ ...request({ id: 'odd', oddities: true }), stream: true })
    .then(async (stream) => {
      for await (const _ of stream);
    });
  const sent = (await simulator.until('finished', 'odd')).sent.toString();
  t.equal(sent.match(/event: message_start\n/g)?.length, 2);
  t.match(sent, /event: vendor_extension\n/);
  t.match(sent, /} +\n\n/);
});
