import t from 'tap';
import { afterPoll } from '../../../src/core/poll.ts';

/** @returns what was called, in order, until two more turns have gone by */
async function called(begin: (note: (name: string) => void) => void): Promise<string[]> {
  const names: string[] = [];
  begin((name) => names.push(name));
  for (let turns = 0; turns < 2; turns++) await new Promise((resolve) => setImmediate(resolve));
  return names;
}

t.test('what is asked for while the poll is read comes behind it, in order', async (t) => {
  const names = await called((note) => {
    afterPoll(() => note('first'));
    afterPoll(() => note('second'));
    process.nextTick(() => note('tick'));
  });
  t.same(names, ['tick', 'first', 'second']);
});

t.test('what a promise asks for that was settled behind the poll comes in the same turn', async (t) => {
  const names = await called((note) => {
    afterPoll(() => {
      setImmediate(() => note('next turn'));
      void Promise.resolve()
        .then(() => undefined)
        .then(() => undefined)
        .then(() => {
          for (const name of ['one', 'other']) afterPoll(() => note(name));
          note('promise');
        });
    });
  });
  t.same(names, ['promise', 'one', 'other', 'next turn']);
});

t.test('in the turn after that it waits for the poll again', async (t) => {
  const names = await called((note) => {
    afterPoll(() => undefined);
    setImmediate(() => {
      process.nextTick(() => note('tick'));
      setImmediate(() => note('next turn'));
      afterPoll(() => note('behind the poll'));
    });
  });
  t.same(names, ['tick', 'next turn', 'behind the poll']);
});
