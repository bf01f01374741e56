// The store of known users against a Map that does the same: whatever is set, replaced and deleted, both hold the
// same. It stays within its bound, and drives out what was not asked for lately.
import t from 'tap';
import type { UserEntry } from '../../../../src/core/directory/queries.ts';
import { UserStore } from '../../../../src/core/directory/users.ts';
import { seeded } from '../../../fixtures/random.ts';
import { digestOf } from '../../../fixtures/users.ts';

const user = (userId: number): UserEntry => ({
  userId,
  subId: 1,
  active: true,
  expiresAt: Number.POSITIVE_INFINITY,
  checkedAt: 0,
});

t.test('gives back what was set', async (t) => {
  const users: UserEntry[] = [
    user(1),
    {
      userId: 2 ** 53,
      subId: 2 ** 53 - 1,
      active: false,
      expiresAt: 1_893_553_445_678.25,
      checkedAt: 12.345,
    },
    { userId: 0, subId: null, active: true, expiresAt: 0, checkedAt: Number.NEGATIVE_INFINITY },
    { userId: 2 ** 32 + 1, subId: 0, active: false, expiresAt: -1, checkedAt: 1e15 },
  ];
  const store = new UserStore(users.length);
  for (const [i, user] of users.entries()) store.set(digestOf(`${i}`), user);
  for (const [i, user] of users.entries()) t.same(store.get(digestOf(`${i}`)), user);
  t.equal(store.get(digestOf('another')), undefined);
  const others = users.toReversed();
  for (const [i, user] of others.entries()) store.set(digestOf(`${i}`), user);
  for (const [i, user] of others.entries()) t.same(store.get(digestOf(`${i}`)), user, 'replaced');
  t.equal(store.size, users.length);
});

t.test('keys that differ in one bit are two', async (t) => {
  const key = '0123456789abcdef'.repeat(4);
  const neighbours = Array.from({ length: 128 }, (_, bit) => {
    const digit = Number.parseInt(key[bit >> 2]!, 16) ^ (1 << (bit & 3));
    return key.slice(0, bit >> 2) + digit.toString(16) + key.slice((bit >> 2) + 1);
  });
  const store = new UserStore(1_000);
  for (const [i, neighbour] of neighbours.entries()) store.set(neighbour, user(i));
  t.equal(store.get(key), undefined);
  t.strictSame(
    neighbours.map((neighbour) => store.get(neighbour)?.userId),
    neighbours.map((_, i) => i),
  );
});

// Digests that begin alike share a slot, and at the end of the table searches go on at its start.
for (const [name, prefixes] of [
  ['as digests are', undefined],
  ['crowded', ['00000000', '00000001', 'ffffffff', '0000000f']],
] as const) {
  t.test(`as a Map would have it, keys ${name}`, async (t) => {
    const random = seeded(11);
    const keys = Array.from({ length: 600 }, (_, i) => {
      const digest = digestOf(`${i}`);
      return prefixes === undefined ? digest : prefixes[i % prefixes.length] + digest.slice(8);
    });
    const store = new UserStore(keys.length);
    const oracle = new Map<string, UserEntry>();
    let differences = 0;
    for (let step = 0; step < 100_000; step++) {
      const key = keys[Math.floor(random() * keys.length)]!;
      const choice = random();
      // Phases of growing and of shrinking.
      const growth = step % 20_000 < 10_000 ? 0.45 : 0.25;
      if (choice < growth) {
        store.set(key, user(step));
        oracle.set(key, user(step));
      } else if (choice < 0.7) {
        store.delete(key);
        oracle.delete(key);
      } else if (store.get(key)?.userId !== oracle.get(key)?.userId) differences++;
    }
    for (const key of keys) if (store.get(key)?.userId !== oracle.get(key)?.userId) differences++;
    t.equal(differences, 0);
    t.equal(store.size, oracle.size);
    t.ok(oracle.size > 100, 'there was something to compare');
  });
}

t.test('never holds more than its bound, nor anything but the last value', async (t) => {
  const random = seeded(12);
  const store = new UserStore(50);
  const newest = new Map<string, number>();
  for (let step = 0; step < 20_000; step++) {
    const key = digestOf(`${Math.floor(random() * 200)}`);
    if (random() < 0.1) {
      store.delete(key);
      newest.delete(key);
    } else if (random() < 0.5) {
      store.set(key, user(step));
      newest.set(key, step);
    } else {
      const found = store.get(key);
      if (found !== undefined && found.userId !== newest.get(key)) t.fail(`${found.userId} at ${step}`);
    }
    if (store.size > 50) t.fail(`${store.size} users`);
  }
  const found = Array.from({ length: 200 }, (_, i) => store.get(digestOf(`${i}`))).filter(Boolean);
  t.equal(found.length, store.size, 'all that it counts can be found');
});

t.test('drives out what was not asked for since others were', async (t) => {
  const store = new UserStore(100);
  for (let i = 0; i < 100; i++) store.set(digestOf(`${i}`), user(i));
  for (let i = 0; i < 50; i++) store.get(digestOf(`${i * 2}`));
  for (let i = 100; i < 150; i++) store.set(digestOf(`${i}`), user(i));
  const kept = Array.from({ length: 150 }, (_, i) => i).filter((i) => store.get(digestOf(`${i}`)));
  t.strictSame(
    kept,
    Array.from({ length: 150 }, (_, i) => i).filter((i) => i % 2 === 0 || i >= 100),
  );
});

t.test('a flood of users that come once leaves those who keep coming', async (t) => {
  const store = new UserStore(100);
  const regulars = Array.from({ length: 20 }, (_, i) => digestOf(`regular ${i}`));
  for (const regular of regulars) store.set(regular, user(1));
  for (let i = 0; i < 5_000; i++) {
    store.set(digestOf(`once ${i}`), user(2));
    store.get(regulars[i % regulars.length]!);
  }
  t.ok(regulars.every((regular) => store.get(regular) !== undefined));
});

t.test('room for one', async (t) => {
  const store = new UserStore(1);
  for (let i = 0; i < 10; i++) {
    store.set(digestOf(`${i}`), user(i));
    t.equal(store.get(digestOf(`${i}`))?.userId, i);
    t.equal(store.get(digestOf(`${i - 1}`)), undefined);
  }
  store.delete(digestOf('9'));
  store.delete(digestOf('9'));
  t.equal(store.size, 0);
});
