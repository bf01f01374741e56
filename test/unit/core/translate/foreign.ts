// Reasoning of other providers stays out of what an upstream is sent; its own stays in.
import t from 'tap';
import { withoutForeignReasoning } from '../../../../src/core/translate/foreign.ts';
import { maybeSigned, sign } from '../../../../src/core/translate/signature.ts';

const own = { type: 'thinking', thinking: 'Mine.', signature: 'c2lnbmVk' };
const foreign = { type: 'thinking', thinking: 'Theirs.', signature: sign() };
const sealed = { type: 'redacted_thinking', data: sign({ data: 'secret' }) };
const text = { type: 'text', text: 'Hello.' };
const call = { type: 'tool_use', id: 'call_1', name: 'look', input: {} };
const result = { type: 'tool_result', tool_use_id: 'call_1', content: 'seen' };
const user = (...content: object[]) => ({ role: 'user', content });
const assistant = (...content: object[]) => ({ role: 'assistant', content });
const thinking = { type: 'enabled', budget_tokens: 2_000 };

function cleaned(request: object): Record<string, unknown> {
  const body = Buffer.from(JSON.stringify(request));
  t.ok(maybeSigned(body));
  return JSON.parse(withoutForeignReasoning(body).toString());
}

t.test('blocks that the gateway signed go, and messages that were nothing else', async (t) => {
  const messages = [
    user(text),
    assistant(foreign, sealed, own, text),
    user(text),
    assistant(foreign),
    user(text),
  ];
  t.same(cleaned({ model: 'm', thinking, messages }), {
    model: 'm',
    thinking,
    messages: [user(text), assistant(own, text), user(text), user(text)],
  });
});

t.test('a loop of tools that is left without thinking goes on without', async (t) => {
  const messages = [user(text), assistant(foreign, call), user(result)];
  t.same(cleaned({ thinking, messages }), { messages: [user(text), assistant(call), user(result)] });
  const clearing = { edits: [{ type: 'clear_thinking_20251015' }, { type: 'clear_tool_uses_20250919' }] };
  t.same(cleaned({ thinking, messages, context_management: clearing }).context_management, {
    edits: [clearing.edits[1]],
  });
  const only = { edits: [clearing.edits[0]] };
  t.notOk('context_management' in cleaned({ thinking, messages, context_management: only }));
  const adaptive = { type: 'adaptive' };
  t.same(cleaned({ thinking: adaptive, messages }).thinking, adaptive, 'which goes on by itself');
  const later = [...messages, assistant(text), user(text)];
  t.same(cleaned({ thinking, messages: later }).thinking, thinking, 'that loop is over');
});

t.test('items of responses that the gateway made go', async (t) => {
  const theirs = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA' };
  const ours = { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: sign({ a: 1 }) };
  const item = { role: 'user', content: 'Hello.' };
  t.same(cleaned({ model: 'm', input: [theirs, ours, item] }), { model: 'm', input: [theirs, item] });
});

t.test('requests without such blocks are not taken apart', async (t) => {
  t.notOk(maybeSigned(Buffer.from(JSON.stringify({ messages: [assistant(own)] }))));
  const quoted = Buffer.from(JSON.stringify({ messages: [user({ type: 'text', text: sign() })] }));
  t.same(JSON.parse(withoutForeignReasoning(quoted).toString()), JSON.parse(quoted.toString()));
});

t.test('shapes that are none', async (t) => {
  for (const body of ['[]', '{}', '{"messages":7}', '{"messages":[null,{"content":[3,null]}]}']) {
    t.same(JSON.parse(withoutForeignReasoning(Buffer.from(body)).toString()), JSON.parse(body));
  }
});
