import { type CounterName, FAMILIES, type GaugeName } from '../metrics/families.ts';
import type { JournalTotals, MetricTotals } from './types.ts';

type Counted = Omit<MetricTotals, 'balance'>;

const NAMES: Readonly<Record<keyof Counted, CounterName | GaugeName>> = {
  admitted: 'usageAdmitted',
  written: 'usageRowsWritten',
  duplicates: 'usageRowsDuplicate',
  crashed: 'usageRowsCrashed',
  rejected: 'usageRowsRejected',
  unjournaled: 'usageUnjournaled',
  waiting: 'usageRowsWaiting',
};

/**
 * The totals of the books in a Prometheus text; one that it does not name is 0.
 * @returns null if that is not the text of a gateway
 */
export function readMetrics(text: string, journal: JournalTotals): MetricTotals | null {
  const values = new Map<string, number>();
  for (const [, name, value] of text.matchAll(/^(apipod_\w+) (\S+)$/gm)) values.set(name!, Number(value));
  if (!text.includes('# HELP apipod_')) return null;
  const counted = Object.fromEntries(
    Object.entries(NAMES).map(([field, family]) => [field, values.get(FAMILIES[family].name) ?? 0]),
  ) as unknown as Counted;
  const { admitted, written, duplicates, rejected } = counted;
  const held = journal.open + journal.unsettled + journal.waiting.rows;
  return { ...counted, balance: written + duplicates + rejected + held - admitted };
}
