// Whether the writer of a journal still runs.
import { closeSync, openSync } from 'node:fs';
import t from 'tap';
import { isAlive, newLife } from '../../../../../src/core/ledger/journal/life.ts';
import { deadLife } from '../../../../fixtures/journal.ts';

t.test('one that runs and one that does not', async (t) => {
  t.equal(isAlive(newLife()), true);
  t.equal(isAlive(deadLife()), false);
  t.equal(isAlive('something else'), false);
});

t.test('nobody is taken for dead because there is no file descriptor left', async (t) => {
  const life = newLife();
  const taken: number[] = [];
  let alive: boolean;
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    alive = isAlive(life);
  } finally {
    for (const fd of taken) closeSync(fd);
  }
  t.equal(alive, true);
});
