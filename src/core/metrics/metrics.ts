import type { MetricsDelta } from './delta.ts';
import { type CounterName, FAMILIES, type GaugeName, type HistogramName, type LabelsOf } from './families.ts';
import { Histogram } from './histogram.ts';
import { SeriesSet } from './series.ts';

/** Add to `value`. Keep the object where the labels are known beforehand. */
export interface Counter {
  value: number;
}

interface TrackedCounter extends Counter {
  sent: number;
}

interface Observed<N> {
  readonly family: N;
  readonly labels: readonly string[];
  readonly read: () => number;
  sent: number;
}

/**
 * What one process counts: plain numbers, no strings and no promises, since each exchange counts several of them. The
 * primary adds the deltas up.
 */
export class Metrics {
  readonly #counters = new Map<CounterName, SeriesSet<TrackedCounter>>();
  readonly #histograms = new Map<HistogramName, SeriesSet<Histogram>>();
  readonly #observedCounters: Observed<CounterName>[] = [];
  readonly #observedGauges: Observed<GaugeName>[] = [];

  counter<N extends CounterName>(family: N, ...labels: LabelsOf<N>): Counter {
    let set = this.#counters.get(family);
    if (set === undefined) {
      set = new SeriesSet(FAMILIES[family].labels.length, () => ({ value: 0, sent: 0 }));
      this.#counters.set(family, set);
    }
    return set.get(labels);
  }

  histogram<N extends HistogramName>(family: N, ...labels: LabelsOf<N>): Histogram {
    let set = this.#histograms.get(family);
    if (set === undefined) {
      const { bounds } = FAMILIES[family];
      set = new SeriesSet(FAMILIES[family].labels.length, () => new Histogram(bounds));
      this.#histograms.set(family, set);
    }
    return set.get(labels);
  }

  /**
   * A number that somebody else keeps: it is read for each delta. The number behind a counter must only grow.
   * Several readers of one counter with the same labels add up; of one gauge too.
   */
  observe<N extends CounterName | GaugeName>(family: N, labels: LabelsOf<N>, read: () => number): void {
    const observed = { family, labels, read, sent: 0 };
    if (FAMILIES[family].kind === 'counter') this.#observedCounters.push(observed as Observed<CounterName>);
    else this.#observedGauges.push(observed as Observed<GaugeName>);
  }

  /** What has changed since it was last taken. It must reach the primary: nothing later repeats it. */
  takeDelta(): MetricsDelta {
    return this.takeParts(Number.POSITIVE_INFINITY).next().value!;
  }

  /**
   * The same in parts: each is taken when it is asked for, and there is at least one. Walks that overlap, and one that is
   * left off, neither lose nor double anything: what no walk has come to stays for the next.
   *
   * A walk looks at every series: 10,000 that have not changed take it 0.1 to 0.2 ms, once a second. Noting which ones
   * change would make each `value++` dearer, of which there are many more.
   * @param samplesMax of counters and histograms in one part
   */
  *takeParts(samplesMax: number): Generator<MetricsDelta, undefined> {
    this.#readCounters();
    let counters: MetricsDelta['counters'][number][] = [];
    let histograms: MetricsDelta['histograms'][number][] = [];
    for (const [family, set] of this.#counters) {
      for (const { labels, value: counter } of set.all) {
        if (counter.value === counter.sent) continue;
        counters.push({ family, labels, value: counter.value - counter.sent });
        counter.sent = counter.value;
        if (counters.length < samplesMax) continue;
        yield { counters, histograms: [], gauges: [], last: false };
        counters = [];
      }
    }
    for (const [family, set] of this.#histograms) {
      for (const { labels, value: histogram } of set.all) {
        const value = histogram.takeDelta();
        if (value === undefined) continue;
        histograms.push({ family, labels, value });
        if (counters.length + histograms.length < samplesMax) continue;
        yield { counters, histograms, gauges: [], last: false };
        counters = [];
        histograms = [];
      }
    }
    yield { counters, histograms, gauges: this.#readGauges(), last: true };
    return undefined;
  }

  #readCounters(): void {
    for (const observed of this.#observedCounters) {
      const value = observed.read();
      this.counter(observed.family, ...(observed.labels as never)).value += value - observed.sent;
      observed.sent = value;
    }
  }

  #readGauges(): MetricsDelta['gauges'] {
    return this.#observedGauges.map(({ family, labels, read }) => ({ family, labels, value: read() }));
  }
}
