// The program behind `npm run reconcile`: audits the usage rows of a range of time. docs/reconcile.md describes it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, ConfigError, readConfig } from './core/config/config.ts';
import { loadDotEnv } from './core/config/dotenv.ts';
import { DatabaseError } from './core/database/failure.ts';
import { INSTANT } from './core/instant.ts';
import { type Range, rangeOf } from './core/reconcile/range.ts';
import { reconcile } from './core/reconcile/reconcile.ts';
import { renderReport } from './core/reconcile/table.ts';
import type { Report } from './core/reconcile/types.ts';

const USAGE = `npm run reconcile -- [--from TIME] [--to TIME] [--json]
  TIME is ${INSTANT.description}. Without it: the last 24 hours.
Exit codes: 0 no differences, 1 differences, 2 it could not be done.`;

const SCRAPE_TIMEOUT_MS = 2_000;
/** In DATA_DIR while the embedded database runs. */
const URL_FILE = 'database-url';
/** The words on the command line are not right. */
class UsageError extends Error {}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    console.log(USAGE);
    return;
  }
  loadDotEnv();
  const config = readConfig(process.env);
  const databaseUrl = config.DATABASE_URL ?? (await embeddedUrl(config));
  const report = await audit(options.range, config, databaseUrl);
  // The text may be long, and standard output a pipe: no process.exit.
  process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : renderReport(report)}\n`);
  process.exitCode = report.differences.count > 0 || report.differences.more ? 1 : 0;
}

function readOptions(): { range: Range; json: boolean; help: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const range = rangeOf(instant('from', values.from), instant('to', values.to));
    if (range.from >= range.to) throw new Error('--from must be before --to.');
    return { range, json: values.json, help: values.help };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

function instant(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const parsed = INSTANT.safeParse(text);
  if (!parsed.success) throw new Error(`--${name} must be ${INSTANT.description}.`);
  return parsed.data;
}

async function audit(range: Range, config: Config, databaseUrl: string): Promise<Report> {
  const interrupted = new AbortController();
  // So that the query ends on the server, too.
  process.once('SIGINT', () => interrupted.abort(new DatabaseError('Interrupted.')));
  return reconcile(range, {
    databaseUrl,
    databaseSettings: config,
    dataDir: config.DATA_DIR,
    scrape: () => scrape(config),
    signal: interrupted.signal,
  });
}

/** @returns undefined if no gateway answers at the address of the settings */
async function scrape({ HOST, PORT }: Config): Promise<string | undefined> {
  const anywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const host = anywhere[HOST] ?? HOST;
  try {
    const response = await fetch(`http://${host.includes(':') ? `[${host}]` : host}:${PORT}/metrics`, {
      signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS),
    });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

async function embeddedUrl({ DATA_DIR }: Config): Promise<string> {
  try {
    return (await readFile(join(DATA_DIR, URL_FILE), 'utf8')).trim();
  } catch {
    throw new DatabaseError(
      `DATABASE_URL is not set, and no embedded database runs in ${DATA_DIR}. Start the gateway first.`,
    );
  }
}

main().catch((error: unknown) => {
  const known = [DatabaseError, ConfigError, UsageError].some((kind) => error instanceof kind);
  console.error(known ? (error as Error).message : error);
  process.exitCode = 2;
});
