import { z } from 'zod';

/** How operators give a time: in queries and on the command line. */
export const INSTANT = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })])
  .transform((text) => new Date(text))
  .describe('a date such as 2026-01-31 or a time such as 2026-01-31T12:00:00Z');
