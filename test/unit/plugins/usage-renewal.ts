// Open exchanges and the files of a real journal: their rows keep no file from being deleted for long, and do not fill
// file after file either.
import t from 'tap';
import type { Admitted } from '../../../src/core/ledger/admitted.ts';
import type { Journal } from '../../../src/core/ledger/journal/journal.ts';
import type { Plan, Target, User } from '../../../src/core/types.ts';
import { RENEWAL_INTERVAL_MS, usage } from '../../../src/plugins/usage.ts';
import { PIECE_BYTES } from '../../../src/primary/ledger/segment.ts';
import { Tail } from '../../../src/primary/ledger/tail.ts';
import { config, silent } from '../../fixtures/database.ts';
import { exchangeInMemory } from '../../fixtures/exchange.ts';
import { openJournal, rowOf } from '../../fixtures/journal-writer.ts';
import { poll } from '../../fixtures/poll.ts';

const SEGMENT_BYTES = 65_536;
const plan = { subId: 2, name: 'p', items: [], countBasis: 'reported', drainMs: 0 } as Plan;
const target = {
  item: { quotaId: 3, model: 'm', upstream: 'x', weight: 1 },
  request: { model: 'auto', stream: true },
} as Target;
const scratch = Buffer.alloc(PIECE_BYTES);

/** In the middle of its answer. */
async function openExchange(plugin: ReturnType<typeof usage>, id: number) {
  const { exchange } = exchangeInMemory();
  Object.defineProperty(exchange, 'id', { value: `id-${id}-${'x'.repeat(30)}` });
  Object.assign(exchange, { user: { userId: 1 } as User, plan, target, body: Buffer.from('{}') });
  exchange.admission = (await plugin.onBody!(exchange as never)) as Admitted;
  return exchange;
}

/** As the primary does with the journal of a worker that lives. */
async function ship(tail: Tail): Promise<void> {
  tail.look();
  for (let taken = await tail.take(1_000, scratch); taken.length > 0; ) {
    for (const row of taken) tail.settle(row);
    taken = await tail.take(1_000, scratch);
  }
  await tail.sweep();
}

const follow = ({ folder, life }: Journal): Tail =>
  Object.assign(new Tail({ folder, life, log: silent, onDamage() {} }), { attached: true });

t.test('a ledger that is full because of an open exchange opens again while it is open', async (t) => {
  const { journal } = await openJournal(t.testdir(), {
    JOURNAL_SEGMENT_BYTES: SEGMENT_BYTES,
    JOURNAL_BYTES_MAX: 4 * SEGMENT_BYTES,
  });
  const plugin = usage({ config, ledger: journal });
  const stream = await openExchange(plugin, 1);
  const tail = follow(journal);
  for (let id = 0; journal.open; id++) {
    await journal.append(rowOf(id, 10_000), true);
    await ship(tail);
  }
  plugin.onCheck!(stream, stream.admission!.writtenAt + 2 * RENEWAL_INTERVAL_MS);
  await journal.flush();
  await poll('room', async () => {
    await ship(tail);
    return journal.open || undefined;
  });
  t.ok(stream.admission !== undefined && !stream.ended, 'the exchange is open all the while');
  await tail.close();
  await journal.close();
});

t.test('silent exchanges by the hundred write their rows once in a while', async (t) => {
  const { journal } = await openJournal(t.testdir(), {
    JOURNAL_SEGMENT_BYTES: SEGMENT_BYTES,
    JOURNAL_BYTES_MAX: 1_073_741_824,
  });
  const plugin = usage({ config, ledger: journal });
  const open = [];
  for (let id = 0; id < 600; id++) open.push(await openExchange(plugin, id));
  const { bytes } = journal.stats;
  t.ok(bytes > SEGMENT_BYTES, 'more than a file holds');
  const begun = Math.max(...open.map(({ admission }) => admission!.writtenAt));
  for (let at = 0; at <= 2 * RENEWAL_INTERVAL_MS; at += 100) {
    for (const exchange of open) plugin.onCheck!(exchange, begun + at);
    await journal.flush();
  }
  const written = journal.stats.bytes - bytes;
  t.ok(written < 3 * bytes, `${written} bytes in two intervals, ${bytes} before`);
  await journal.close();
});
