// The text for Prometheus holds every family, and neither a scraper nor promtool finds fault with it.
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { FAMILIES, type Family, type HistogramName } from '../../../../src/core/metrics/families.ts';
import { Histogram } from '../../../../src/core/metrics/histogram.ts';
import { Renderer } from '../../../../src/core/metrics/render.ts';
import { MetricsTotals } from '../../../../src/core/metrics/totals.ts';
import { parseMetrics } from '../../../fixtures/prometheus.ts';

const AWKWARD = 'a "quoted"\\ \n model';

const entries = <K extends Family['kind']>(kind: K) =>
  (Object.entries(FAMILIES) as unknown as [never, Family][]).flatMap(([family, { kind: is, labels }]) =>
    is === kind
      ? [{ family, labels: labels.map((label) => (label === 'model' ? AWKWARD : `${label}-x`)) }]
      : [],
  );

/** Two processes, each with something in every family. */
function render(): Promise<string> {
  const totals = new MetricsTotals();
  for (const source of ['0', '1']) {
    totals.merge(source, {
      counters: entries('counter').map((entry) => ({ ...entry, value: 1.5 })),
      histograms: entries('histogram').map((entry) => {
        const histogram = new Histogram(FAMILIES[entry.family as HistogramName].bounds);
        histogram.observe(3);
        return { ...entry, value: histogram.takeDelta()! };
      }),
      gauges: entries('gauge').map((entry) => ({ ...entry, value: 1 })),
      last: true,
    });
  }
  return new Renderer(totals).render();
}

t.test('every family is there, once and well-formed', async (t) => {
  const series = parseMetrics(await render());
  const names = new Set([...series.keys()].map((key) => key.replace(/\{.*/s, '')));
  for (const { name, kind } of Object.values(FAMILIES)) {
    for (const suffix of kind === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']) {
      t.ok(names.has(name + suffix), name + suffix);
    }
  }
  t.equal(series.get('apipod_open_streams'), 2);
});

t.test('labels are escaped', async (t) => {
  t.match(await render(), String.raw`model="a \"quoted\"\\ \n model"`);
});

t.test('buckets are cumulative and end with infinity', async (t) => {
  const series = parseMetrics(await render());
  const bucket = (le: string) =>
    series.get(
      `apipod_request_duration_seconds_bucket{dialect="dialect-x",streamed="streamed-x",le="${le}"}`,
    );
  t.same(['0.01', '2.5', '5', '600', '+Inf'].map(bucket), [0, 0, 2, 2, 2]);
  t.equal(series.get('apipod_request_duration_seconds_count{dialect="dialect-x",streamed="streamed-x"}'), 2);
  t.equal(series.get('apipod_request_duration_seconds_sum{dialect="dialect-x",streamed="streamed-x"}'), 6);
});

t.test('promtool finds nothing', async (t) => {
  const promtool = spawnSync('promtool', ['check', 'metrics'], { input: await render(), encoding: 'utf8' });
  if (promtool.error) {
    t.pass('promtool is not installed (Debian package prometheus)', { skip: 'promtool is not installed' });
    return;
  }
  t.equal(promtool.stdout + promtool.stderr, '');
  t.equal(promtool.status, 0);
});
