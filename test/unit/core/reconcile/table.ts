// The report for people says how much there is, even where not all of it is named.
import t from 'tap';
import { Differences, LISTED_MAX } from '../../../../src/core/reconcile/differences.ts';
import { renderReport } from '../../../../src/core/reconcile/table.ts';
import type { Report } from '../../../../src/core/reconcile/types.ts';

const NONE = { rows: 0, tokens: 0 };

function report(differences: Differences): Report {
  return {
    from: '2026-03-01T00:00:00.000Z',
    to: '2026-03-02T00:00:00.000Z',
    journal: {
      lives: 0,
      lives_running: 0,
      open: 0,
      unsettled: 0,
      waiting: NONE,
      waiting_in_range: NONE,
      shipped: 0,
      set_aside: 0,
      damaged: 0,
    },
    batches: { batches: 0, nodes: 0, ...NONE, rows_in_range: 0, found: NONE, proven: 0, unproven: 0 },
    rows: { ...NONE, unchained: 0, by_outcome: {}, by_count_source: {} },
    set_aside: { rows: 1_234_567, tokens: 2 },
    metrics: null,
    chain: { node_id: null, head: null, last: null, others: [] },
    differences: differences.report(),
  };
}

t.test('none', async (t) => {
  const text = renderReport(report(new Differences()));
  t.match(text, /No differences\.$/);
  t.match(text, /Set aside in the range +1,234,567 rows, 2 tokens/);
});

t.test('more than are named, and more than were counted', async (t) => {
  const differences = new Differences();
  for (let n = 0; n < LISTED_MAX + 5; n++) {
    differences.add({ kind: 'lost', request_id: `id-${n}`, batch_id: null, text: 'Gone.' });
  }
  t.match(renderReport(report(differences)), /^1,005 differences\n {2}lost +1,005\n\nlost id-0: Gone\.\n/m);
  t.match(renderReport(report(differences)), /^… and 5 more\.$/m);
  differences.leaveRest();
  t.match(renderReport(report(differences)), /^More than 1,005 differences$/m);
});

t.test('the ends of chains that nobody could check are named', async (t) => {
  const clean = report(new Differences());
  t.notMatch(renderReport(clean), /other nodes/);
  const others = Array.from({ length: 22 }, (_, n) => ({ node_id: `node-${n}`, seq: n, hash: `hash-${n}` }));
  const text = renderReport({ ...clean, chain: { ...clean.chain, others } });
  t.match(text, /^No differences\.\n\nThe ends of the chains of other nodes were not checked/m);
  t.match(text, /^node-3 +seq 3 hash-3$/m);
  t.match(text, /^… and 2 more nodes\.$/m);
});
