// A request body is handed over once, whole, when it has both been asked for and accepted; or its problem is told.
import t from 'tap';
import type { ClientEvents } from '../../../../src/core/server/engine.ts';
import { RequestHead } from '../../../../src/core/server/head.ts';
import { Upload } from '../../../../src/core/server/upload.ts';

function upload(header: [name: string, value: string] | undefined): {
  upload: Upload;
  told: string[];
  attach(): void;
} {
  const head = new RequestHead('POST', '/', '');
  if (header) head.add(...header);
  const told: string[] = [];
  const events: ClientEvents = {
    onBody: (body) => void told.push(`body ${body}`),
    onBodyRejected: (code) => void told.push(code),
    onAborted() {},
    onWritable() {},
  };
  const made = new Upload(head);
  return { upload: made, told, attach: () => made.attach(events) };
}

const LENGTH_6: [string, string] = ['content-length', '6'];
const CHUNKED: [string, string] = ['transfer-encoding', 'chunked'];

for (const [name, header] of [
  ['known length', LENGTH_6],
  ['chunked', CHUNKED],
] as const) {
  // Every order in which three pieces, the asking and the accepting can come.
  const steps = ['ab', 'cd', 'ef', 'ask', 'attach'];
  const orders = permutations(steps).filter((order) => {
    const pieces = order.filter((step) => step.length === 2);
    return pieces.join() === 'ab,cd,ef';
  });
  t.test(`${name}: any order of pieces, asking and accepting`, async (t) => {
    t.equal(orders.length, 20);
    for (const order of orders) {
      const { upload: one, told, attach } = upload(header);
      for (const step of order) {
        t.same(told, [], `${order}`);
        if (step === 'ask') one.ask(6);
        else if (step === 'attach') attach();
        else one.arrive(Buffer.from(step), step === 'ef');
      }
      t.same(told, ['body abcdef'], `${order}`);
    }
  });
}

t.test('bytes are copied: the engine may use its buffer again', async (t) => {
  for (const asked of [false, true]) {
    const { upload: one, told, attach } = upload(LENGTH_6);
    attach();
    if (asked) one.ask(6);
    const lent = Buffer.from('abc');
    one.arrive(lent, false);
    lent.fill('x');
    one.arrive(Buffer.from('def'), true);
    if (!asked) one.ask(6);
    t.same(told, ['body abcdef']);
  }
});

t.test('no body', async (t) => {
  const { upload: one, told, attach } = upload(undefined);
  t.equal(one.complete, true);
  one.ask(10);
  t.same(told, []);
  attach();
  t.same(told, ['body ']);
});

t.test('too large: known before a byte has come, or when the limit is passed', async (t) => {
  const known = upload(LENGTH_6);
  known.attach();
  known.upload.ask(5);
  known.upload.arrive(Buffer.from('abcdef'), true);
  t.same(known.told, ['body_too_large']);
  const counted = upload(CHUNKED);
  counted.attach();
  counted.upload.ask(5);
  counted.upload.arrive(Buffer.from('abcde'), false);
  t.same(counted.told, []);
  counted.upload.arrive(Buffer.from('f'), false);
  counted.upload.arrive(Buffer.from('g'), true);
  t.same(counted.told, ['body_too_large']);
});

t.test('after a discard nothing is told', async (t) => {
  const { upload: one, told, attach } = upload(LENGTH_6);
  attach();
  one.ask(6);
  one.discard();
  one.arrive(Buffer.from('abcdef'), true);
  one.fail('malformed_head');
  t.same(told, []);
  t.equal(one.complete, true, 'but it is known that nothing is left');
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
