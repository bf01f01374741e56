// A roster holds what is open: each item once, whatever the order in which they go, also while somebody walks over it.
import t from 'tap';
import { type Listed, Roster } from '../../../src/core/roster.ts';
import { seeded } from '../../fixtures/random.ts';

const item = (): Listed => ({ place: -1 });

t.test('holds what a Set would hold', async (t) => {
  const random = seeded(7);
  const roster = new Roster<Listed>();
  const set = new Set<Listed>();
  for (let i = 0; i < 2_000; i++) {
    if (random() < 0.5 || set.size === 0) {
      const added = item();
      roster.add(added);
      set.add(added);
    } else {
      const gone = [...set][Math.floor(random() * set.size)]!;
      roster.delete(gone);
      set.delete(gone);
    }
  }
  t.equal(roster.size, set.size);
  t.same(new Set(roster), set);
});

t.test('an item may be deleted while the roster is walked over, and no other is missed', async (t) => {
  const roster = new Roster<Listed>();
  const items = Array.from({ length: 5 }, item);
  for (const each of items) roster.add(each);
  const seen: Listed[] = [];
  for (const each of roster) {
    seen.push(each);
    roster.delete(each);
  }
  t.same(new Set(seen), new Set(items));
  t.equal(seen.length, items.length);
  t.equal(roster.size, 0);
});
