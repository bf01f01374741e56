import type { Case } from '../case.ts';
import { CLIENT_CASES } from './clients.ts';
import { CLOCK_CASES } from './clock.ts';
import { DISK_CASES } from './disk.ts';
import { JOURNAL_CASES } from './journal.ts';
import { OUTAGE_CASES } from './outage.ts';
import { POSTGRES_CASES } from './postgres.ts';
import { PROCESS_CASES } from './processes.ts';
import { ROW_CASES } from './rows.ts';
import { UPSTREAM_CASES } from './upstreams.ts';

/** The matrix, line by line. */
export const CASES: readonly Case[] = [
  ...PROCESS_CASES,
  ...POSTGRES_CASES,
  ...ROW_CASES,
  ...DISK_CASES,
  ...JOURNAL_CASES,
  ...CLOCK_CASES,
  ...UPSTREAM_CASES,
  ...CLIENT_CASES,
  ...OUTAGE_CASES,
];
