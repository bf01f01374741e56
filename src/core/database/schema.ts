import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { packageRoot } from '../paths.ts';
import { DatabaseError } from './failure.ts';

/** What the gateway reads and writes. A test holds this and schema.sql together. */
export const TABLES: Readonly<Record<string, readonly string[]>> = {
  subscriptions: ['sub_id', 'sub_name', 'price', 'count_basis', 'drain_seconds'],
  llm_models: ['llm_model_id', 'model_name', 'upstream'],
  quota_items: ['quota_id', 'sub_id', 'llm_model_id', 'percentage_weight'],
  users: ['user_id', 'username', 'apitoken', 'token_hint', 'sub_id', 'active', 'created_at', 'expires_at'],
  usage_logs: [
    'usage_id',
    'request_id',
    'client_request_id',
    'timestamp',
    'quota_item_id',
    'user_id',
    'sub_id',
    'token_count',
    'input_tokens',
    'output_tokens',
    'cache_read_tokens',
    'cache_write_tokens',
    'reasoning_tokens',
    'count_source',
    'outcome',
    'status',
    'dialect',
    'api',
    'streamed',
    'requested_model',
    'routed_model',
    'upstream',
    'attempts',
    'first_byte_ms',
    'duration_ms',
    'prompt_bytes',
    'reported_input_tokens',
    'reported_output_tokens',
    'observed_input_tokens',
    'observed_output_tokens',
    'delivered_output_tokens',
    'batch_id',
    'digest',
  ],
  usage_batches: [
    'batch_id',
    'node_id',
    'seq',
    'written_at',
    'row_count',
    'token_sum',
    'first_at',
    'last_at',
    'request_ids',
    'prev_hash',
    'hash',
  ],
};

/** Applying the schema to a large database of an older version may take this long. */
export const SETUP_TIMEOUT_MS = 600_000;

const MISSING_TABLES = `
  SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL`;

const MISSING_COLUMNS = `
  SELECT wanted.name || '.' || wanted.attname AS name
  FROM unnest($1::text[], $2::text[]) AS wanted (name, attname)
  LEFT JOIN pg_attribute AS held
    ON held.attrelid = to_regclass(wanted.name) AND held.attname = wanted.attname AND NOT held.attisdropped
  WHERE held.attname IS NULL`;

/** @throws DatabaseError that names what is missing and the command that makes it */
export async function checkSchema(client: pg.Client): Promise<void> {
  const tables = await client.query<{ name: string }>(MISSING_TABLES, [Object.keys(TABLES)]);
  if (tables.rows.length > 0) throw incomplete('has no tables of the gateway', tables.rows);
  const wanted = Object.entries(TABLES).flatMap(([table, columns]) =>
    columns.map((column) => [table, column]),
  );
  const columns = await client.query<{ name: string }>(MISSING_COLUMNS, [
    wanted.map(([table]) => table),
    wanted.map(([, column]) => column),
  ]);
  if (columns.rows.length > 0) throw incomplete('has the tables of an older version', columns.rows);
}

function incomplete(finding: string, missing: readonly { readonly name: string }[]): DatabaseError {
  return new DatabaseError(
    `The database ${finding}. Missing: ${missing.map(({ name }) => name).join(', ')}.\n` +
      'Set it up with\n' +
      '  psql "$DATABASE_URL" -f schema.sql -f seed.sql\n' +
      'or, where there is no psql,\n' +
      '  npm run db:setup',
  );
}

/** Makes or completes the tables. @throws what PostgreSQL throws; then nothing has changed */
export async function applySchema(client: pg.Client): Promise<void> {
  await runScript(client, 'schema.sql');
}

/** Adds the plans that the gateway comes with, as far as they are missing. @throws what PostgreSQL throws */
export async function applySeed(client: pg.Client): Promise<void> {
  await runScript(client, 'seed.sql');
}

/** @returns whether there is any plan, the gateway's own or an operator's */
export async function hasPlans(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    'SELECT EXISTS (SELECT FROM subscriptions) AS found',
  );
  return rows[0]!.found;
}

async function runScript(client: pg.Client, file: string): Promise<void> {
  const script = await readFile(join(packageRoot, file), 'utf8');
  try {
    await client.query(script);
  } catch (error) {
    // The script's own transaction has failed but is still open.
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
