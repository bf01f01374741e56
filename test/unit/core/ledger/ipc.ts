// The worker's ledger: batches go to the primary and are kept until acknowledged; without a primary the worker
// writes them itself; what waits is bounded.
import t from 'tap';
import { collectUsage } from '../../../../src/core/ledger/collector.ts';
import { BATCHES_SENT_MAX, IpcLedger } from '../../../../src/core/ledger/ipc.ts';
import { describeRow, type UsageRow } from '../../../../src/core/ledger/row.ts';
import { channelPair } from '../../../fixtures/channel.ts';
import { usageRecord } from '../../../fixtures/usage.ts';

/** A writer that commits when the test says so. */
class FakeWriter {
  readonly batches: (readonly UsageRow[])[] = [];
  #commits: (() => void)[] = [];
  held = false;

  write(rows: readonly UsageRow[]): Promise<boolean> {
    this.batches.push(rows);
    if (!this.held) return Promise.resolve(true);
    return new Promise((resolve) => this.#commits.push(() => resolve(true)));
  }

  commit(): void {
    for (const commit of this.#commits.splice(0)) commit();
  }

  get users(): (string | null | undefined)[] {
    return this.batches.flat().map((row) => describeRow(row).user_id);
  }
}

function setUp(config: { batchRowsMax?: number; flushIntervalMs?: number; pendingMax?: number } = {}) {
  const { worker, primary, cut } = channelPair();
  const writer = new FakeWriter();
  const direct = new FakeWriter();
  const aside: (readonly UsageRow[])[] = [];
  collectUsage(primary, writer);
  const ledger = new IpcLedger({
    config: {
      USAGE_BATCH_ROWS_MAX: config.batchRowsMax ?? 10,
      USAGE_FLUSH_INTERVAL_MS: config.flushIntervalMs ?? 10_000,
      USAGE_PENDING_MAX: config.pendingMax ?? 1_000,
    },
    channel: worker,
    openWriter: () => direct,
    setAside: async (rows) => {
      aside.push(rows);
    },
  });
  const append = (from: number, to: number) => {
    for (let userId = from; userId < to; userId++) ledger.append(usageRecord({ userId }));
  };
  return { ledger, writer, direct, aside, append, cut };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i));
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};

t.test('sends a batch when it is full, and the rest on flush', async (t) => {
  const { ledger, writer, append } = setUp();
  append(0, 25);
  await turns(4);
  t.same(
    writer.batches.map((rows) => rows.length),
    [10, 10],
  );
  await ledger.flush();
  t.same(writer.users, range(0, 25));
  t.equal(ledger.pending, 0);
});

t.test('sends what there is after the interval', async (t) => {
  const { ledger, writer, append } = setUp({ flushIntervalMs: 1 });
  append(0, 3);
  while (ledger.pending > 0) await turns(1);
  t.same(writer.users, range(0, 3));
});

t.test('flush resolves when all is committed, not before', async (t) => {
  const { ledger, writer, append } = setUp();
  writer.held = true;
  append(0, 3);
  let flushed = false;
  const flush = ledger.flush().then(() => {
    flushed = true;
  });
  await turns(5);
  t.equal(writer.batches.length, 1);
  t.equal(flushed, false);
  t.equal(ledger.pending, 3);
  writer.commit();
  await flush;
  t.equal(ledger.pending, 0);
  await ledger.flush();
});

t.test('holds back while acknowledgements are due', async (t) => {
  const { ledger, writer, append } = setUp({ batchRowsMax: 1 });
  writer.held = true;
  append(0, 20);
  await turns(5);
  t.equal(writer.batches.length, BATCHES_SENT_MAX);
  writer.held = false;
  writer.commit();
  await ledger.flush();
  t.same(writer.users, range(0, 20));
});

t.test('is closed while too many rows wait, but takes those of open exchanges', async (t) => {
  const { ledger, writer, append } = setUp({ pendingMax: 15 });
  writer.held = true;
  append(0, 14);
  t.equal(ledger.open, true);
  append(14, 16);
  t.equal(ledger.open, false);
  writer.held = false;
  await ledger.flush();
  t.equal(ledger.open, true);
  t.same(writer.users, range(0, 16));
});

t.test('without a primary the worker writes what is not acknowledged, and all that follows', async (t) => {
  const { ledger, writer, direct, append, cut } = setUp({ batchRowsMax: 2 });
  append(0, 2);
  await ledger.flush();
  writer.held = true;
  append(2, 13);
  await turns(5);
  cut();
  append(13, 15);
  await ledger.flush();
  t.same(writer.users, range(0, 10), 'the primary had four batches more, and may have written them');
  t.same(direct.users, range(2, 15));
  t.equal(ledger.pending, 0);
});

t.test('stop sets aside what nobody acknowledges in time', async (t) => {
  const { ledger, writer, aside, append } = setUp({ batchRowsMax: 1 });
  writer.held = true;
  append(0, 7);
  await ledger.stop(5);
  t.same(
    aside.flat().map((row) => describeRow(row).user_id),
    range(0, 7),
  );
});

t.test('stop sets nothing aside when all is well', async (t) => {
  const { ledger, writer, aside, append } = setUp();
  append(0, 7);
  await ledger.stop(60_000);
  t.same(aside, []);
  t.same(writer.users, range(0, 7));
});
