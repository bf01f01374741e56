// How much of a journal waits for the database, from what its writer says and its reader has read.
import t from 'tap';
import { Backlog } from '../../../../src/primary/ledger/backlog.ts';

const ROW = 'x'.repeat(100);

/** A pass over this much of the journal, whose rows go in at once. */
function ship(backlog: Backlog, rows: number): void {
  const caughtUp = backlog.begin();
  backlog.read(rows * ROW.length);
  for (let i = 0; i < rows; i++) backlog.ready(ROW);
  caughtUp();
  for (let i = 0; i < rows; i++) backlog.settled(ROW);
}

t.test('what was told and not read waits', (t) => {
  const backlog = new Backlog();
  backlog.told(1_000, 10);
  t.same([backlog.rows, backlog.bytes], [10, 1_000]);
  ship(backlog, 10);
  t.same([backlog.rows, backlog.bytes], [0, 0]);
  t.end();
});

t.test('what is read before it is told counts once', (t) => {
  const backlog = new Backlog();
  ship(backlog, 10);
  backlog.told(1_500, 15);
  t.equal(backlog.rows, 5);
  t.end();
});

t.test('rows that the writer wrote twice are not missing from those that wait', (t) => {
  const backlog = new Backlog();
  backlog.told(1_000, 10);
  ship(backlog, 10);
  // After a failed sync seven of them were written again.
  backlog.told(1_700, 10);
  ship(backlog, 7);
  t.equal(backlog.rows, 0);
  backlog.told(2_100, 14);
  t.equal(backlog.rows, 4);
  ship(backlog, 4);
  t.same([backlog.rows, backlog.bytes], [0, 0]);
  t.end();
});

t.test('what is damaged waits no more', (t) => {
  const backlog = new Backlog();
  backlog.told(1_000, 10);
  ship(backlog, 8);
  t.same([backlog.rows, backlog.bytes], [0, 0]);
  t.end();
});
