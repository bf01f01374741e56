import { Metrics } from '../../src/core/metrics/metrics.ts';
import { PART_SAMPLES_MAX } from '../../src/core/metrics/reporter.ts';
import { type MicroResult, measure } from './micro.ts';

const TIMES = 1;
const MODELS = 2_000;
const DIRECTIONS = ['input', 'output', 'cache_read', 'cache_write', 'reasoning'];

/** How long a worker's streams wait for its share of a scrape. */
export async function scrape(share: number): Promise<MicroResult> {
  const metrics = new Metrics();
  const counters = Array.from({ length: MODELS }, (_, model) =>
    DIRECTIONS.map((direction) => metrics.counter('tokens', 'ghcp', `model-${model}`, direction, 'reported')),
  ).flat();
  const count = (): void => {
    for (const counter of counters) counter.value++;
  };
  const parts = Math.ceil(counters.length / PART_SAMPLES_MAX);
  const steps = parts * Math.max(1, Math.round(TIMES * share));
  return {
    name: 'scrape',
    claim: `the step in which a worker makes one message of ${counters.length} changed series (\`core/metrics/reporter.ts\`), ${PART_SAMPLES_MAX} in one, against all in one`,
    unit: 'µs a step',
    ...(await measure(
      steps,
      (times) => {
        for (let done = 0; done < times; done += parts) {
          count();
          for (const delta of metrics.takeParts(PART_SAMPLES_MAX)) serialise(delta);
        }
      },
      (times) => {
        for (let done = 0; done < times; done++) {
          count();
          serialise(metrics.takeDelta());
        }
      },
    )),
  };
}

function serialise(delta: unknown): string {
  return JSON.stringify({ kind: 'metrics', message: { id: 1, delta } });
}
