// What the bench reads in /proc, and the order of its rounds.
import t from 'tap';
import { rotate, valuesOf } from '../../../../bench/peers/scenarios/measure.ts';
import { memoryKb, parseConnections } from '../../../../bench/peers/scenarios/proc.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:C001 0100007F:1F91 01 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0100007F:1F91 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 3 1
   3: 0100007F:C002 0100007F:1F91 06 00000000:00000000 00:00000000 00000000     0        0 0 3
   4: 0100007F:C003 0100007F:1F91 01 00000000:00000000 00:00000000 00000000     0        0 4 1
`;

t.test('counts established connections at the side that made them', async (t) => {
  t.equal(parseConnections(TABLE, 0x1f91), 2);
  t.equal(parseConnections(TABLE, 0xc001), 1);
  t.equal(parseConnections(TABLE, 80), 0);
});

t.test('a process has memory, and one that is gone has none', async (t) => {
  t.ok(memoryKb([process.pid]) > 1_000);
  t.equal(memoryKb([2 ** 30]), 0);
});

t.test('rounds rotate, after some that do not count', async (t) => {
  const order: string[] = [];
  const results = await rotate(['a', 'b', 'c'], 3, async (arm) => order.push(arm));
  t.equal(order.join(''), 'aaabbbccc' + 'abc' + 'bca' + 'cab');
  t.same(results.get('a'), [10, 15, 17]);
  const short: string[] = [];
  await rotate(['a', 'b'], 1, async (arm) => short.push(arm));
  t.equal(short.join(''), 'abab', 'a quick look warms up no longer than it measures');
});

t.test('a round that is void keeps its place', async (t) => {
  const rounds = [
    { counts: true, x: 1 },
    { counts: false, x: 2 },
    { counts: true, x: 3 },
  ];
  t.same(
    valuesOf(rounds, ({ x }) => x),
    [1, undefined, 3],
  );
});
