import type { CounterName, GaugeName, HistogramName } from './families.ts';
import type { HistogramDelta } from './histogram.ts';

interface Sample<N, V> {
  readonly family: N;
  readonly labels: readonly string[];
  readonly value: V;
}

/** What one process counted since its last delta, and its gauges as they are. Survives JSON. */
export interface MetricsDelta {
  readonly counters: readonly Sample<CounterName, number>[];
  readonly histograms: readonly Sample<HistogramName, HistogramDelta>[];
  /** All of them, whether they changed or not. */
  readonly gauges: readonly GaugeSample[];
}

export type GaugeSample = Sample<GaugeName, number>;
