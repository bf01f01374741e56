import { type Metric, Registry } from 'prom-client';
import { type CounterName, FAMILIES, type Family, type GaugeName, type HistogramName } from './families.ts';
import type { Histogram } from './histogram.ts';
import type { MetricsTotals } from './totals.ts';

export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

interface Value {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly metricName?: string;
}

/**
 * Puts totals into the Prometheus text format. The registry of prom-client writes and escapes; its metrics are
 * views of the totals.
 */
export class Renderer {
  readonly #registry = new Registry();

  /** @param totals is read at each `render` */
  constructor(totals: MetricsTotals) {
    for (const [name, family] of Object.entries(FAMILIES) as [string, Family][]) {
      const { name: fullName, help, kind: type } = family;
      const get = async () => ({ name: fullName, help, type, values: read(totals, name, family) });
      // The registry asks of a metric only these three; the declared type names the library's own classes.
      this.#registry.registerMetric({ name: fullName, help, get } as unknown as Metric);
    }
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }
}

function read(totals: MetricsTotals, name: string, family: Family): Value[] {
  if (family.kind === 'counter') {
    return totals
      .counters(name as CounterName)
      .map(({ labels, value }) => ({ labels: named(family.labels, labels), value: value.value }));
  }
  if (family.kind === 'gauge') {
    const names = family.merge === 'each' ? [...family.labels, 'worker'] : family.labels;
    return totals
      .gauges(name as GaugeName)
      .map(({ labels, value }) => ({ labels: named(names, labels), value }));
  }
  return totals
    .histograms(name as HistogramName)
    .flatMap(({ labels, value }) => buckets(family.name, named(family.labels, labels), value));
}

/** Prometheus wants the buckets cumulative. */
function buckets(name: string, labels: Readonly<Record<string, string>>, histogram: Histogram): Value[] {
  const values: Value[] = [];
  let count = 0;
  histogram.counts.forEach((inBucket, i) => {
    count += inBucket;
    const le = String(histogram.bounds[i] ?? '+Inf');
    values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: count });
  });
  values.push({ metricName: `${name}_sum`, labels, value: histogram.sum });
  values.push({ metricName: `${name}_count`, labels, value: count });
  return values;
}

function named(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']));
}
