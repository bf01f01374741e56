import type { CounterName, GaugeName, HistogramName } from './families.ts';
import type { HistogramDelta } from './histogram.ts';

interface Sample<N, V> {
  readonly family: N;
  readonly labels: readonly string[];
  readonly value: V;
}

/** What one process counted since its last delta, and its gauges as they are: whole, or a part of it. Survives JSON. */
export interface MetricsDelta {
  readonly counters: readonly Sample<CounterName, number>[];
  readonly histograms: readonly Sample<HistogramName, HistogramDelta>[];
  /** In the last part all of them, whether they changed or not, in the others none. */
  readonly gauges: readonly GaugeSample[];
  /** False: the process has more that changed, and a further part follows. */
  readonly last: boolean;
}

export type GaugeSample = Sample<GaugeName, number>;
