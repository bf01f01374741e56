import type { Scenario } from '../scenario.ts';
import { aborts } from './aborts.ts';
import { flood } from './flood.ts';
import { idle } from './idle.ts';
import { keys } from './keys.ts';
import { paced } from './paced.ts';
import { scrape } from './scrape.ts';
import { slow } from './slow.ts';
import { ttfb } from './ttfb.ts';

/** What wrk cannot measure, in the order of the report. */
export const streamScenarios: readonly Scenario[] = [ttfb, paced, idle, slow, aborts, keys, flood, scrape];
