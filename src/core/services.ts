import type { Config } from './config/config.ts';
import type { Directory } from './directory/directory.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Random } from './routing/picker.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';
import type { Ledger } from './types.ts';
import type { Upstreams } from './upstream/upstreams.ts';

/** What plugins are built from. */
export interface Services {
  readonly config: Config;
  readonly log: Logger;
  readonly directory: Directory;
  readonly upstreams: Upstreams;
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly tokenizer: Pick<Tokenizer, 'text' | 'prompt' | 'stop'>;
  readonly random: Random;
}
