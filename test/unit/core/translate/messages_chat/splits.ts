// The same events come out however the bytes are split, and in the right order whatever comes.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { seeded } from '../../../../fixtures/random.ts';
import { STREAMS } from './fixtures/streams.ts';
import { call, chunk, eventsOf, eventsOfBytes, sse } from './fixtures/translate.ts';

for (const [name, chunks] of Object.entries(STREAMS)) {
  t.test(`${name}: the same however its bytes are split`, async (t) => {
    const bytes = sse(chunks, name === 'openrouter' ? ': OPENROUTER PROCESSING\n\n' : '');
    const whole = JSON.stringify(eventsOf(chunks));
    t.equal(JSON.stringify(eventsOfBytes([bytes])), whole);
    let wrong = 0;
    const check = (parts: readonly Buffer[]): void => {
      if (JSON.stringify(eventsOfBytes(parts)) !== whole) wrong++;
    };
    for (let at = 1; at < bytes.length; at++) check([bytes.subarray(0, at), bytes.subarray(at)]);
    check(Array.from(bytes, (byte) => Buffer.from([byte])));
    const random = seeded(7);
    for (let round = 0; round < 100; round++) check(cut(bytes, random));
    t.equal(wrong, 0);
  });
}

function cut(bytes: Buffer, random: () => number): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = from + 1 + Math.floor(random() * 200);
    parts.push(bytes.subarray(from, to));
    from = to;
  }
  return parts;
}

t.test('whatever comes, the order of events is right', async (t) => {
  const random = seeded(11);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const deltas: (() => JsonObject)[] = [
    () => ({ content: 'a' }),
    () => ({ reasoning_content: 'b' }),
    () => ({ reasoning: 'c' }),
    () => ({
      reasoning_details: [
        { type: pick(['reasoning.text', 'reasoning.summary', 'x']), text: 'd', index: pick([0, 1]) },
      ],
    }),
    () => ({ reasoning_opaque: 'e' }),
    () => ({ refusal: 'f' }),
    () =>
      call(
        pick([0, 1, 2]),
        pick(['{', '}', '{"a":1}', '"', '']),
        pick([undefined, { id: pick(['', 'x', 'y']), name: 'g' }]),
      ),
    () => ({ tool_calls: [{ function: { name: pick(['', 'h']), arguments: pick(['{}', '']) } }] }),
  ];
  for (let round = 0; round < 300; round++) {
    const chunks = Array.from({ length: 1 + Math.floor(random() * 12) }, () => chunk(pick(deltas)()));
    checkGrammar(eventsOf(chunks), (what) => t.fail(`${what}: ${JSON.stringify(chunks)}`));
  }
  t.pass();
});

function checkGrammar(events: readonly JsonObject[], fail: (what: string) => void): void {
  let open = -1;
  let next = 0;
  for (const [i, { type, index }] of events.entries()) {
    if ((type === 'message_start') !== (i === 0)) fail('message_start');
    if ((type === 'message_delta') !== (i === events.length - 2)) fail('message_delta');
    if ((type === 'message_stop') !== (i === events.length - 1)) fail('message_stop');
    if (type === 'content_block_start') {
      if (open >= 0 || index !== next) fail('content_block_start');
      open = next++;
    } else if (type === 'content_block_delta' && index !== open) fail('content_block_delta');
    else if (type === 'content_block_stop') {
      if (index !== open) fail('content_block_stop');
      open = -1;
    } else if (type === 'message_delta' && open >= 0) fail('a block is open');
  }
}
