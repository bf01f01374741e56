// Requests as coding agents send them, on the upstream that their maker did not mean: Claude Code on OpenAI's dialect,
// Codex on Anthropic's messages and on an upstream that only has chat completions. Built after what they put on the wire.
import t, { type Test } from 'tap';
import { type Ask, startMatrix } from '../../fixtures/matrix.ts';

const EPHEMERAL = { cache_control: { type: 'ephemeral' } };
const WORDS = 'Lorem ipsum of a system prompt that goes on and on. '.repeat(800);
const matrix = await startMatrix(t);

function claudeCode(text: string): object {
  const tool = (name: string, properties: object) => ({
    name,
    description: `Runs ${name}. ${WORDS.slice(0, 4_000)}`,
    input_schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties,
      additionalProperties: false,
    },
  });
  return {
    model: 'claude-opus-9-of-the-future',
    max_tokens: 32_000,
    stream: true,
    system: [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.0;' },
      { type: 'text', text: 'You are Claude Code.', ...EPHEMERAL },
      { type: 'text', text: WORDS, ...EPHEMERAL },
    ],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: '<system-reminder>\nToday is a day.\n</system-reminder>' },
          { type: 'text', text: 'List the files.' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: '', signature: 'c2lnbmVkLWJ5LWFub3RoZXItbW9kZWw=' },
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'toolu_01', name: 'Bash', input: { command: 'ls' } },
          { type: 'tool_use', id: 'toolu_02', name: 'Read', input: { file_path: '/a' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_01', content: 'a\nb', is_error: false },
          {
            ...{ type: 'tool_result', tool_use_id: 'toolu_02', is_error: true },
            content: '<tool_use_error>File does not exist.</tool_use_error>',
          },
          { type: 'text', text, ...EPHEMERAL },
        ],
      },
    ],
    tools: [
      tool('Bash', { command: { type: 'string' }, timeout: { type: 'number' } }),
      tool('Read', { file_path: { type: 'string' } }),
    ],
    metadata: { user_id: `user_${'a'.repeat(64)}_account_${'b'.repeat(36)}_session_${'c'.repeat(36)}` },
    thinking: { type: 'adaptive' },
    output_config: { effort: 'medium' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  };
}

function codex(text: string): object {
  const message = (role: string, content: string) => ({
    ...{ type: 'message', role },
    content: [{ type: 'input_text', text: content }],
  });
  return {
    model: 'gpt-9-codex',
    instructions: WORDS,
    input: [
      message('developer', '<permissions>Everything is allowed.</permissions>'),
      message('user', '<environment_context>\n  <cwd>/work</cwd>\n</environment_context>'),
      message('user', 'List the files.'),
      {
        ...{ type: 'function_call', call_id: 'call_01', name: 'shell' },
        arguments: '{"command":["ls"],"workdir":"/work"}',
      },
      { type: 'function_call_output', call_id: 'call_01', output: '{"output":"a\\nb","metadata":{}}' },
      {
        ...{ type: 'message', role: 'assistant' },
        content: [{ type: 'output_text', text: 'Two files.' }],
      },
      message('user', text),
    ],
    tools: [
      {
        ...{ type: 'function', name: 'shell', description: 'Runs a command.', strict: false },
        parameters: {
          type: 'object',
          properties: {
            command: { type: 'array', items: { type: 'string' } },
            workdir: { type: 'string' },
          },
          required: ['command'],
          additionalProperties: false,
        },
      },
      {
        ...{ type: 'function', name: 'update_plan', description: 'Plans.', strict: false },
        parameters: { type: 'object', properties: {}, additionalProperties: false },
      },
    ],
    tool_choice: 'auto',
    parallel_tool_calls: true,
    reasoning: { effort: 'medium', summary: 'auto' },
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: '019a0000-0000-7000-8000-000000000000',
    text: { verbosity: 'medium' },
  };
}

interface Event {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** @throws for a stream of another shape than agents read: each event named as its data is typed */
async function eventsOf(t: Test, ask: Ask, path: string, body: object, headers = {}): Promise<Event[]> {
  const response = await matrix.gateway.post(path, ask.side.token, body, { ...ask.headers, ...headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  t.match(response.headers.get('content-type'), /^text\/event-stream/);
  return text
    .split('\n\n')
    .filter((event) => event !== '' && !event.startsWith(':'))
    .map((event) => {
      const [, name, data] = /^event: (.+)\ndata: (.+)$/.exec(event) ?? [];
      const parsed = JSON.parse(data!) as Event;
      if (parsed.type !== name) throw new Error(`an event of two types: ${event}`);
      return parsed;
    });
}

const CALL = { name: 'shell', arguments: { command: ['cat', 'ä "b"'] } };

t.test('Claude Code', async (t) => {
  const beta = 'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27';
  for (const name of ['openai', 'reasoner', 'gemini'] as const) {
    const ask = matrix.ask(matrix.side(name), { text: 'Now ', tools: [CALL], thinking: 'Hm. ' });
    const events = await eventsOf(t, ask, '/v1/messages?beta=true', claudeCode(ask.text), {
      'anthropic-beta': beta,
      'anthropic-version': '2023-06-01',
    });
    t.match(events[0], { type: 'message_start', message: { role: 'assistant', content: [] } });
    t.match(events.at(-1), { type: 'message_stop' });
    const json = events
      .map(({ delta }) => (delta as { partial_json?: string } | undefined)?.partial_json ?? '')
      .join('');
    t.strictSame(JSON.parse(json), CALL.arguments, 'the call');
    t.match(ask.sent.messages[0], { role: /system|developer/ });
    t.ok(JSON.stringify(ask.sent).includes(WORDS), 'the whole prompt');
    t.notMatch(JSON.stringify(ask.sent), /cache_control|context_management/, 'nothing that is unknown there');
  }
});

t.test('Codex', async (t) => {
  for (const name of ['openai', 'chat-only', 'anthropic'] as const) {
    const ask = matrix.ask(matrix.side(name), { text: 'Now ', tools: [CALL], thinking: 'Hm. ' });
    const events = await eventsOf(t, ask, '/v1/responses', codex(ask.text));
    const completed = events.at(-1)!;
    t.match(events[0], { type: 'response.created' });
    t.match(completed, { type: 'response.completed', response: { status: 'completed', usage: Object } });
    const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
    const calls = done.filter((item) => (item as Event).type === 'function_call') as Event[];
    t.match(calls, [{ name: 'shell', call_id: /./ }]);
    t.strictSame(JSON.parse(String(calls[0]!.arguments)), CALL.arguments, 'the call');
    t.strictSame((completed.response as { output: unknown }).output, done, 'the end repeats all items');
    t.strictSame(
      events.map(({ sequence_number }) => sequence_number),
      events.map((_, i) => i),
      'events are numbered',
    );
    t.ok(JSON.stringify(ask.sent).includes(WORDS), 'the whole prompt');
  }
});

matrix.compareBooks(t);
