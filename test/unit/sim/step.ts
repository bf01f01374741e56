// However the bytes of a stream are cut up, they stay the same, and the books count a chunk when its last byte is out.
import t from 'tap';
import { joinSteps, renderEvents, splitSteps } from '../../../sim/step.ts';

const reported = { input: 1, output: 2, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
const events = [
  { event: 'start', data: '{"a":1}' },
  { data: '{"b":"é"}', content: true, text: 'é' },
  { data: '{"c":3}', content: true, text: 'three' },
  { data: '{"usage":{}}', reported },
  { data: '[DONE]' },
];

t.test('splitting keeps bytes and accounts', async (t) => {
  const steps = renderEvents(events, {});
  const whole = joinSteps(steps);
  t.equal(whole.bytes.toString().split('\n\n').length, events.length + 1);
  t.match(whole, { chunks: 2, text: 'éthree', reported });
  for (let splitBytes = 1; splitBytes <= whole.bytes.length + 1; splitBytes++) {
    const split = splitSteps(steps, splitBytes);
    t.ok(
      split.every(({ bytes }) => bytes.length <= splitBytes && bytes.length > 0),
      `pieces of ${splitBytes}`,
    );
    t.same(joinSteps(split), whole);
  }
});

t.test('a chunk counts in the piece that has its last byte, be it one of two', async (t) => {
  const steps = renderEvents(events.slice(1, 3), {});
  const first = steps[0]!.bytes.length;
  t.same(
    splitSteps(steps, first - 1).map(({ chunks }) => chunks),
    [0, 2],
  );
  t.same(
    splitSteps(steps, first).map(({ chunks }) => chunks),
    [1, 1],
  );
});

t.test('framing that clients must put up with', async (t) => {
  const bytes = (script: Parameters<typeof renderEvents>[1]) =>
    joinSteps(renderEvents(events.slice(1, 2), script)).bytes.toString();
  t.equal(bytes({ crlf: true }), 'data: {"b":"é"}\r\n\r\n');
  t.equal(bytes({ comments: true }), ': SIMULATOR PROCESSING\n\ndata: {"b":"é"}\n\n');
  t.equal(bytes({ pings: true }), 'event: ping\ndata: {"type": "ping"}\n\ndata: {"b":"é"}\n\n');
  t.equal(bytes({ oddities: true }), 'data: {"b":"é"}   \n\n');
});
