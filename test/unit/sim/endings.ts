// How an answer ends, what else is in it, and when it is silent: the same script in both dialects.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import t from 'tap';
import { type Script, scriptText } from '../../../sim/script.ts';
import { startSimulator } from '../../../sim/simulator.ts';

const simulator = await startSimulator();
t.teardown(() => simulator.close());
const openai = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'key', maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: simulator.url, apiKey: 'key', maxRetries: 0 });

const messages = (script: Script) => [{ role: 'user' as const, content: scriptText(script) }];
const chat = (script: Script) => ({ model: 'm', messages: messages(script) });
const message = (script: Script) => ({ model: 'm', max_tokens: 9, messages: messages(script) });

t.test('OpenAI: the finish reason', async (t) => {
  for (const [stop, reason] of [
    ['length', 'length'],
    ['max_tokens', 'length'],
    ['stop_sequence', 'stop'],
    ['content_filter', 'content_filter'],
    ['tool_use', 'tool_calls'],
  ] as const) {
    const { choices } = await openai.chat.completions.create(chat({ stop }));
    t.equal(choices[0]?.finish_reason, reason, stop);
    const chunks = await openai.chat.completions.create({ ...chat({ stop }), stream: true });
    const reasons: unknown[] = [];
    for await (const chunk of chunks) reasons.push(chunk.choices[0]?.finish_reason);
    t.equal(reasons.at(-1), reason, stop);
  }
  const bad = openai.chat.completions.create(chat({ stop: 'pause_turn' }));
  await t.rejects(bad, { message: /bad script: this API does not stop with pause_turn/ });
});

t.test('Anthropic: the stop reason', async (t) => {
  for (const [script, stop_reason] of [
    [{ stop: 'length' }, 'max_tokens'],
    [{ stop: 'content_filter' }, 'refusal'],
    [{ stop: 'pause_turn' }, 'pause_turn'],
    [{ stop: 'model_context_window_exceeded' }, 'model_context_window_exceeded'],
  ] as const) {
    t.match(await anthropic.messages.create(message(script)), { stop_reason, stop_sequence: null });
    t.match(await anthropic.messages.stream(message(script)).finalMessage(), { stop_reason });
  }
  const stopped = { stop: 'stop_sequence', stopSequence: 'END' };
  const expected = { stop_reason: 'stop_sequence', stop_sequence: 'END' };
  t.match(await anthropic.messages.create(message(stopped)), expected);
  t.match(await anthropic.messages.stream(message(stopped)).finalMessage(), expected);
});

t.test('a refusal', async (t) => {
  const refusal = 'I will not do that.';
  const refused = { message: { content: null, refusal }, finish_reason: 'stop' };
  t.match((await openai.chat.completions.create(chat({ refusal }))).choices[0], refused);
  const streamed = openai.chat.completions.stream(chat({ refusal }));
  t.match((await streamed.finalChatCompletion()).choices[0], {
    message: { refusal },
    finish_reason: 'stop',
  });
  const answer = await anthropic.messages.create(message({ refusal }));
  t.match(answer, { stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: refusal } });
  t.same(answer.content, []);
  const half = await anthropic.messages.stream(message({ refusal, text: 'First' })).finalMessage();
  t.match(half, { stop_reason: 'refusal', content: [{ type: 'text', text: 'First' }] });
});

t.test('thinking comes back as it went, signed or redacted', async (t) => {
  const script: Script = {
    thinking: 'let me see',
    redacted: true,
    tools: [{ name: 'search', arguments: { query: 'Ulm' } }],
    next: { text: 'Rain.' },
  };
  const request = {
    model: 'm',
    max_tokens: 5_000,
    thinking: { type: 'enabled' as const, budget_tokens: 2_000 },
    tools: [{ name: 'search', input_schema: { type: 'object' as const } }],
    messages: messages(script),
  };
  for (const first of [
    await anthropic.messages.create(request),
    await anthropic.messages.stream(request).finalMessage(),
  ]) {
    const types = first.content.map(({ type }) => type);
    t.same(types, ['thinking', 'redacted_thinking', 'tool_use']);
    const { id } = first.content[2] as { id: string };
    const result = { type: 'tool_result' as const, tool_use_id: id, content: 'wet' };
    // The SDK leaves fields of answers in its blocks that requests may have, too.
    const content = first.content as Anthropic.ContentBlockParam[];
    const again = await anthropic.messages.create({
      ...request,
      messages: [...request.messages, { role: 'assistant', content }, { role: 'user', content: [result] }],
    });
    t.match(again.content, [{ type: 'text', text: 'Rain.' }]);
  }
});

t.test('silence before the first token and in the middle', async (t) => {
  const long = 600_000;
  for (const [id, silent, chunks] of [
    ['token', { tokenDelayMs: long }, 0],
    ['mid', { midDelayMs: long, midAfter: 2 }, 2],
  ] as const) {
    for (const path of ['/v1/chat/completions', '/v1/messages']) {
      const script = { id: id + path, text: 'one two three four', ...silent };
      const leave = new AbortController();
      const response = await fetch(simulator.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
        body: JSON.stringify({ ...message(script), stream: true }),
        signal: leave.signal,
      });
      const last = chunks === 0 ? /"role":"assistant"/ : /two /;
      let seen = '';
      try {
        for await (const part of response.body!) {
          seen += Buffer.from(part).toString();
          if (last.test(seen)) leave.abort();
        }
      } catch {}
      t.match(await simulator.until('aborted', script.id), { chunks, status: 200 }, `${id} ${path}`);
      t.notMatch(seen, /three/);
    }
  }
});

t.test('silence ends', async (t) => {
  const script = { text: 'one two three', tokenDelayMs: 1, midDelayMs: 1, midAfter: 1 };
  const { choices } = await openai.chat.completions.stream(chat(script)).finalChatCompletion();
  t.equal(choices[0]?.message.content, 'one two three');
});
