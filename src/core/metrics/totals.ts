import type { GaugeSample, MetricsDelta } from './delta.ts';
import {
  type CounterName,
  FAMILIES,
  type Family,
  type FamilyName,
  type GaugeName,
  type HistogramName,
} from './families.ts';
import { Histogram } from './histogram.ts';
import { type Series, SeriesSet } from './series.ts';

/**
 * The numbers of the whole gateway. Counters belong to the gateway, not to the process that counted: they never
 * fall when a worker dies. Gauges belong to their process and vanish with it.
 */
export class MetricsTotals {
  readonly #counters = new Map<CounterName, SeriesSet<{ value: number }>>();
  readonly #histograms = new Map<HistogramName, SeriesSet<Histogram>>();
  readonly #gauges = new Map<string, readonly GaugeSample[]>();

  constructor() {
    for (const [name, family] of Object.entries(FAMILIES) as [FamilyName, Family][]) {
      const { length } = family.labels;
      if (family.kind === 'counter') {
        const set = new SeriesSet(length, () => ({ value: 0 }));
        // Without labels it is there from the start, as 0: alerts on its rate need the first step.
        if (length === 0) set.get([]);
        this.#counters.set(name as CounterName, set);
      } else if (family.kind === 'histogram') {
        const { bounds } = family;
        this.#histograms.set(name as HistogramName, new SeriesSet(length, () => new Histogram(bounds)));
      }
    }
  }

  /** Counters and histograms alone. */
  add({ counters, histograms }: MetricsDelta): void {
    for (const { family, labels, value } of counters) this.#counters.get(family)!.get(labels).value += value;
    for (const { family, labels, value } of histograms) this.#histograms.get(family)!.get(labels).add(value);
  }

  /**
   * A delta, or a part of one.
   * @param source the process that it is from; it is the label of gauges that stand for each process
   */
  merge(source: string, delta: MetricsDelta): void {
    this.add(delta);
    if (delta.last) this.#gauges.set(source, delta.gauges);
  }

  /** The process is gone. */
  forget(source: string): void {
    this.#gauges.delete(source);
  }

  counters(name: CounterName): readonly Series<{ readonly value: number }>[] {
    return this.#counters.get(name)!.all;
  }

  histograms(name: HistogramName): readonly Series<Histogram>[] {
    return this.#histograms.get(name)!.all;
  }

  /** Merged as the family says; `each` has the source as its last label. */
  gauges(name: GaugeName): Series<number>[] {
    const { merge } = FAMILIES[name];
    const merged = new Map<string, { labels: readonly string[]; value: number }>();
    for (const [source, samples] of this.#gauges) {
      for (const { family, labels: own, value } of samples) {
        if (family !== name) continue;
        const labels = merge === 'each' ? [...own, source] : own;
        const key = JSON.stringify(labels);
        const known = merged.get(key);
        if (known === undefined) merged.set(key, { labels, value });
        else known.value = merge === 'max' ? Math.max(known.value, value) : known.value + value;
      }
    }
    return [...merged.values()];
  }
}
