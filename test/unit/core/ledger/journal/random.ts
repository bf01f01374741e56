// Whatever sizes rows have, and whenever the disk fails: every end that was promised is found, the last record of an
// exchange is its last row, and what was refused is nowhere.
import t from 'tap';
import type { JournalOptions } from '../../../../../src/core/ledger/journal/options.ts';
import { noSpace, openJournal, readJournal, rowOf } from '../../../../fixtures/journal-writer.ts';
import { seeded } from '../../../../fixtures/random.ts';

const SCHEDULES = 30;
const EXCHANGES = 60;
const DURABILITIES: readonly JournalOptions['config']['JOURNAL_DURABILITY'][] = ['none', 'interval', 'group'];

for (let seed = 1; seed <= SCHEDULES; seed++) {
  const durability = DURABILITIES[seed % DURABILITIES.length]!;
  t.test(`schedule ${seed}, ${durability}`, async (t) => {
    const random = seeded(seed);
    const failures = seed % 2 === 0 ? 0.2 : 0;
    const chars = () => Math.floor(random() ** 4 * 6_000);
    const { journal, disk } = await openJournal(
      t.testdir(),
      { JOURNAL_DURABILITY: durability },
      { retryIntervalMs: 1 },
    );
    disk.onWrite = (bytes) => {
      if (random() < failures) throw noSpace();
      return random() < failures ? Math.floor(random() * bytes) : bytes;
    };
    disk.onSync = async () => {
      if (random() < failures) throw new Error('EIO');
    };
    disk.onAllocate = async () => {
      if (random() < failures) throw noSpace();
    };
    const refused = new Set<string>();
    const last = new Map<string, string>();
    const exchange = async (number: number): Promise<void> => {
      const id = `${seed}-${number}`;
      try {
        await journal.admit(rowOf(id, chars()));
      } catch {
        refused.add(id);
        return;
      }
      for (let more = Math.floor(random() * 3); more > 0; more--)
        await journal.append(rowOf(id, chars()), false);
      const end = rowOf(id, chars());
      last.set(id, end);
      await journal.append(end, true);
    };
    const running: Promise<void>[] = [];
    for (let number = 0; number < EXCHANGES; number++) {
      running.push(exchange(number));
      if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
      if (random() < 0.1) await Promise.all(running);
    }
    await Promise.all(running);
    disk.onWrite = disk.onSync = disk.onAllocate = undefined;
    await journal.flush();
    await journal.close();

    const { records, ends } = readJournal(journal.folder);
    const found = new Map(records.map(({ kind, row }) => [row.slice(0, row.indexOf('\t')), kind + row]));
    t.same([...found].sort(), [...last].map(([id, row]) => [id, `f${row}`]).sort());
    t.notOk(records.some(({ row }) => refused.has(row.slice(0, row.indexOf('\t')))));
    t.equal(last.size + refused.size, EXCHANGES);
    t.same(new Set(ends), new Set(['end']));
    t.match(journal.stats, { admitted: last.size, finals: last.size, unjournaled: 0 });
  });
}
