import { setTimeout as delay } from 'node:timers/promises';
import { startCpuMeter } from '../../cpu.ts';
import { moveAside, OTHER_CORE, Program } from '../../program.ts';
import { FIGURE, SCENARIO } from '../results.ts';
import { Stalls } from '../stalls.ts';
import { OURS, type OursArm, startOurs } from './arms.ts';
import { probe, targetOf } from './asking.ts';
import { capacity, JSON_MODE, type JsonRound, sendJson } from './json.ts';
import { rotate, valuesOf, type Work } from './measure.ts';
import { scenario } from './work.ts';

/** Each has two series, input and output: 10,000 in all, which is as many as a family can have. */
const MODELS = 5_000;
/** Requests at once, when each model is named by one. */
const NAMING = 50;
const SCRAPES_ALONE = 5;
/** Until the rows of the last requests are written. */
const SETTLE_MS = 500;
const PLAN = 'bench-models';
const SCRAPE_INTERVAL_MS = 500;
/** Of what the gateway can do: requests come often enough that each stall meets one. */
const SHARE = 0.4;

interface Round extends JsonRound {
  /** Between two turns of the worker's event loop. */
  readonly stallMs: number;
}

/** Prometheus asks while requests come: how long the event loop stands still for it, and how long requests wait. */
export const scrape = scenario(SCENARIO.scrape, '`/metrics` with 10,000 series, under load', async (work) => {
  const { bench, sheet } = work;
  const [seconds, rounds] = bench.quick ? [2, 1] : [4, 7];
  await bench.upstream.setMode(JSON_MODE);
  const stalls = new Stalls();
  const scraper = new Program('./peers/scraper.js', OTHER_CORE);
  const arm = await startOurs(bench.upstream, stalls.settings, OURS, stalls.execArgv);
  // On the worker's core its work would be what the worker waits for. A machine with more than one has another for it.
  moveAside(arm.pids().slice(0, 1));
  try {
    await makeSeries(arm);
    // Named by the plan, each request goes to any of its models: the workers report two changed series for each.
    const many = { ...arm, model: PLAN };
    const rate = Math.round(SHARE * (await capacity(work, many)));
    const plain = async (): Promise<Round> => {
      await stalls.longestMs();
      const round = await sendJson(work, many, { seconds, rate });
      return { ...round, stallMs: await stalls.longestMs() };
    };
    const scraped = () => whileScraping(arm, scraper, plain);
    const results = await rotate([plain, scraped], rounds, (run): Promise<Round> => run());
    const text = await metrics(arm);
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
    if (series < 2 * MODELS) throw new Error(`${series} series, not ${2 * MODELS}`);
    sheet.notes.push(`${series} series in ${text.length} bytes.`);
    sheet.notes.push(`${rate} requests a second; with scrapes one each ${SCRAPE_INTERVAL_MS} ms.`);
    sheet.notes.push(
      'The longest turn is of the worker’s event loop, by a timer of 1 ms in it; a stall by a scrape is the longest turn of a round with scrapes less that of the round without. Waits are the client’s, and tell of the whole machine.',
    );
    sheet.notes.push(
      'The primary is on the core of load, upstream and database, the worker alone on its own.',
    );
    report(work, arm, results.get(plain)!, results.get(scraped)!);
    const costs = await costsOf(arm);
    sheet.add(
      arm,
      'CPU of a scrape, worker',
      'ms',
      costs.map(({ worker }) => worker),
    );
    sheet.add(
      arm,
      'CPU of a scrape, primary',
      'ms',
      costs.map(({ primary }) => primary),
    );
  } finally {
    await Promise.all([arm.stop(), scraper.stop()]);
    stalls.close();
  }
});

function report({ sheet }: Work, arm: OursArm, without: readonly Round[], beside: readonly Round[]): void {
  const p999 = ({ result }: JsonRound) => result.end.p999;
  const most = ({ result }: JsonRound) => result.end.max;
  const stall = ({ stallMs }: Round) => stallMs;
  sheet.add(arm, FIGURE.scrapeStall, 'ms', longer(valuesOf(without, stall), valuesOf(beside, stall)));
  sheet.add(arm, 'longest turn, no scrapes', 'ms', valuesOf(without, stall));
  sheet.add(arm, 'longest turn, scrapes', 'ms', valuesOf(beside, stall));
  sheet.add(arm, 'p99.9, no scrapes', 'ms', valuesOf(without, p999));
  sheet.add(arm, 'p99.9, scrapes', 'ms', valuesOf(beside, p999));
  sheet.add(arm, 'longest wait, no scrapes', 'ms', valuesOf(without, most));
  sheet.add(arm, 'longest wait, scrapes', 'ms', valuesOf(beside, most));
}

type Values = readonly (number | undefined)[];

/** Round by round, where both count. Without an effect it is the noise of both, and never less than 0. */
const longer = (without: Values, beside: Values): Values =>
  beside.map((value, i) => {
    const base = without[i];
    return value === undefined || base === undefined ? undefined : Math.max(0, value - base);
  });

/** A plan of many models, used by the arm's own key; one request has named each. */
async function makeSeries(arm: OursArm): Promise<void> {
  await arm.query(`INSERT INTO subscriptions (sub_name) VALUES ('${PLAN}')`);
  await arm.query(`INSERT INTO llm_models (model_name, upstream)
    SELECT 'bench-model-' || i, 'ghcp' FROM generate_series(1, ${MODELS}) AS i`);
  await arm.query(`INSERT INTO quota_items (sub_id, llm_model_id, percentage_weight)
    SELECT sub_id, llm_model_id, 1 FROM subscriptions, llm_models
    WHERE sub_name = '${PLAN}' AND model_name LIKE 'bench-model-%'`);
  await arm.query(`UPDATE users SET sub_id = (SELECT sub_id FROM subscriptions WHERE sub_name = '${PLAN}')`);
  await nameEach(arm);
}

/** One request for each model: afterwards all series have changed. */
async function nameEach(arm: OursArm): Promise<void> {
  for (let first = 1; first <= MODELS; first += NAMING) {
    await Promise.all(
      Array.from({ length: NAMING }, (_, i) =>
        probe(targetOf({ ...arm, model: `bench-model-${first + i}` })),
      ),
    );
  }
}

async function whileScraping<T>({ url }: OursArm, scraper: Program, run: () => Promise<T>): Promise<T> {
  let over = false;
  const scraping = (async () => {
    while (!over) {
      const { status } = await scraper.ask<{ status: number }>({ url: `${url}/metrics` });
      if (status !== 200) throw new Error(`/metrics answers ${status}`);
      await delay(SCRAPE_INTERVAL_MS);
    }
  })();
  const result = await run();
  over = true;
  await scraping;
  return result;
}

/** CPU in ms of each of some scrapes; what has changed has been pushed a moment before, at the latest. */
async function costsOf(arm: OursArm): Promise<{ worker: number; primary: number }[]> {
  const costs: { worker: number; primary: number }[] = [];
  for (let i = 0; i < SCRAPES_ALONE; i++) {
    await nameEach(arm);
    await delay(SETTLE_MS);
    const [primaryPid, ...workerPids] = arm.pids();
    const primary = startCpuMeter([primaryPid!]);
    const worker = startCpuMeter(workerPids);
    await metrics(arm);
    costs.push({ worker: worker() / 1e3, primary: primary() / 1e3 });
  }
  return costs;
}

async function metrics({ url }: OursArm): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  if (response.status !== 200) throw new Error(`/metrics answers ${response.status}`);
  return response.text();
}
