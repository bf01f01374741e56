// What the upstream of the comparison answers with, and when its paced streams write.
import t from 'tap';
import { completion, stream } from '../../../../bench/peers/answers.ts';
import { checkEqual, streamContent } from '../../../../bench/peers/ask.ts';
import { type Paced, Pacer } from '../../../../bench/peers/pacer.ts';

t.test('a completion of exactly so many bytes, with usage', async (t) => {
  for (const bytes of [300, 1_024, 409_600]) {
    const body = completion(bytes);
    t.equal(body.length, bytes);
    t.equal(JSON.parse(body.toString()).usage.total_tokens, 96);
  }
  t.throws(() => completion(10), /at least/);
});

t.test('a stream: content, finish reason, usage, end mark', async (t) => {
  const { chunks, tail } = stream(3, 5);
  t.equal(chunks.length, 3);
  t.equal(streamContent(Buffer.concat(chunks).toString()), '["lorem","lorem","lorem"]');
  t.match(tail.toString(), /"finish_reason":"stop".*\n\n.*"usage":\{.*\n\ndata: \[DONE\]\n\n$/s);
});

t.test('streams are equal if their content is: comments and usage do not count', async (t) => {
  const { chunks, tail } = stream(2, 3);
  const whole = Buffer.concat([...chunks, tail]).toString();
  const other = whole.replace(/data: [^\n]*"usage"[^\n]*\n\n/, ': a comment\n\n');
  t.not(other, whole);
  const answer = (text: string) => ({ status: 200, type: 'text/event-stream', content: streamContent(text) });
  t.doesNotThrow(() => checkEqual('a', answer(other), answer(whole)));
  const less = whole.replace('data: [DONE]\n\n', '');
  t.throws(() => checkEqual('a', answer(less), answer(whole)), /a answers with another content/);
});

/** Time that stands until the test moves it. */
class Clock {
  ms = 1_000.5;
  running = 0;
  #run = (): void => {};
  nowMs = (): number => this.ms;
  start = (run: () => void) => {
    this.#run = run;
    this.running++;
    return () => {
      this.running--;
    };
  };
  advance(ms: number): void {
    this.ms += ms;
    if (this.running > 0) this.#run();
  }
}

t.test('each stream steps once an interval, and neighbours not at the same time', async (t) => {
  const clock = new Clock();
  const pacer = new Pacer(10, clock);
  const steps = [0, 0];
  steps.forEach((_, i) => {
    pacer.add({ step: () => ++steps[i]! < 100 });
  });
  const seen = new Set<string>();
  for (let ms = 0; ms < 10; ms++) {
    clock.advance(1);
    seen.add(steps.join());
  }
  t.strictSame(steps, [1, 1]);
  t.ok(seen.has('1,0') || seen.has('0,1'), 'one after the other');
  clock.advance(20);
  t.strictSame(steps, [3, 3], 'a late timer makes up for what it missed');
});

t.test('the timer runs only while there are streams', async (t) => {
  const clock = new Clock();
  const pacer = new Pacer(10, clock);
  let left = 2;
  const ending: Paced = { step: () => --left > 0 };
  pacer.add(ending);
  t.equal(clock.running, 1);
  clock.advance(30);
  t.equal(left, 0);
  t.equal(clock.running, 0);

  const leaving: Paced = { step: () => true };
  pacer.add(leaving);
  t.equal(clock.running, 1);
  pacer.remove(leaving);
  pacer.remove(leaving);
  t.equal(clock.running, 0);
});
