import type { Config } from './config/config.ts';
import type { Directory } from './directory/directory.ts';
import type { Logger } from './log.ts';
import type { Ledger } from './types.ts';

/** What a worker gives to its plugins. A plugin takes the few that it needs: `Pick<Services, 'directory'>`. */
export interface Services {
  readonly config: Config;
  readonly log: Logger;
  readonly directory: Directory;
  readonly ledger: Ledger;
  /** From 0 up to but not including 1, as Math.random. */
  readonly random: () => number;
}
