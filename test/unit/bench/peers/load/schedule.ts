// When things are due at a fixed rate, and how long they took.
import t from 'tap';
import { Histogram } from '../../../../../bench/peers/load/histogram.ts';
import { randomFrom } from '../../../../../bench/peers/load/keys.ts';
import { Schedule } from '../../../../../bench/peers/load/schedule.ts';
import { quantile } from '../../../../../bench/statistics.ts';

t.test('gives the times at which things are due, not those at which it was asked', async (t) => {
  const schedule = new Schedule(1_000, 4, 1);
  t.equal(schedule.take(999), undefined);
  t.equal(schedule.take(1_000), 1_000);
  t.equal(schedule.take(1_200), undefined);
  t.equal(schedule.nextMs, 1_250);
  const late = [schedule.take(5_000), schedule.take(5_000), schedule.take(5_000)];
  t.same(late, [1_250, 1_500, 1_750]);
  t.ok(schedule.done);
  t.equal(schedule.take(9_000), undefined, 'as many as the rate makes of the time, no more');
});

t.test('a client that stalls sees the stall in every request that was due meanwhile', async (t) => {
  // 100 a second, each answered in 1 ms, and nothing sent between 0.5 s and 0.6 s.
  const schedule = new Schedule(0, 100, 1);
  const histogram = new Histogram();
  for (let now = 0; !schedule.done; now += now === 500 ? 100 : 1) {
    for (let due = schedule.take(now); due !== undefined; due = schedule.take(now))
      histogram.record(now + 1 - due);
  }
  t.ok(Math.abs(histogram.quantile(0.5) - 1) < 0.02);
  // 9 of the 100 were late, by up to 90 ms.
  t.ok(Math.abs(histogram.quantile(0.99) - 81) < 1);
  t.ok(Math.abs(histogram.quantile(1) - 91) < 1);
});

t.test('a histogram gives quantiles to 1 %', async (t) => {
  const random = randomFrom(11);
  const values = Array.from({ length: 50_000 }, () => 0.01 + random() ** 4 * 500);
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  for (const share of [0.01, 0.5, 0.9, 0.99, 0.999]) {
    const exact = quantile(values, share);
    t.ok(
      Math.abs(histogram.quantile(share) / exact - 1) < 0.02,
      `${share}: ${histogram.quantile(share)}, ${exact}`,
    );
  }
  t.equal(histogram.summary().max, Math.max(...values));
});

t.test('a histogram takes what is out of its range, and knows when it is empty', async (t) => {
  const histogram = new Histogram();
  t.ok(Number.isNaN(histogram.quantile(0.5)));
  histogram.record(0);
  t.equal(histogram.quantile(0.5), 0);
  histogram.record(1e9);
  t.ok(histogram.quantile(1) > 60_000);
});
