// Request ids are UUIDv7: they sort by time, and two never meet.
import t from 'tap';
import { uuidv7 } from '../../../src/core/id.ts';

t.test('has the layout of RFC 9562, section 5.7', async (t) => {
  const id = uuidv7(1_645_557_742_000);
  t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.equal(id.slice(0, 13), '017f22e2-79b0', 'the example of the RFC, appendix A.6');
});

t.test('sorts by time', async (t) => {
  const ids = Array.from({ length: 50 }, (_, i) => uuidv7(1_700_000_000_000 + i * 40_000_003));
  t.same(ids.toSorted(), ids);
});

t.test('does not repeat within a millisecond', async (t) => {
  t.equal(new Set(Array.from({ length: 100_000 }, () => uuidv7(1_700_000_000_000))).size, 100_000);
});
