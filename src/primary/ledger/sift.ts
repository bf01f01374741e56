import pg from 'pg';
import type { UsageRow } from '../../core/types.ts';
import { FIELDS, names, values } from './insert.ts';

/**
 * Tries each row alone, and takes it back. The lock lasts for all of them, so that no change of the table comes in
 * between: a rule holds for all rows or for none.
 */
const TRY_EACH = `
  DO $do$
  DECLARE
    line text;
    place integer := 0;
    blamed_table text;
    blamed_constraint text;
    refused jsonb := '[]';
  BEGIN
    LOCK TABLE usage_logs IN ROW EXCLUSIVE MODE;
    SET CONSTRAINTS ALL IMMEDIATE;
    FOREACH line IN ARRAY string_to_array(current_setting('apipod.rows'), E'\\n') LOOP
      BEGIN
        INSERT INTO usage_logs (${names}, digest)
        SELECT ${values}, sha256(convert_to(line, 'UTF8')) FROM (SELECT ${FIELDS} AS f) AS fields
        ON CONFLICT (request_id) DO NOTHING;
        RAISE SQLSTATE 'AP000';
      EXCEPTION
        WHEN SQLSTATE 'AP000' THEN NULL;
        WHEN OTHERS THEN
          GET STACKED DIAGNOSTICS blamed_table = TABLE_NAME, blamed_constraint = CONSTRAINT_NAME;
          refused := refused || jsonb_build_array(jsonb_build_object('place', place, 'code', SQLSTATE,
            'message', SQLERRM, 'table', blamed_table, 'constraint', blamed_constraint));
      END;
      place := place + 1;
    END LOOP;
    PERFORM set_config('apipod.refused', refused::text, true);
  END $do$`;

/** A row that the table does not take, and why. */
export interface Refusal {
  /** Index of the row. */
  readonly place: number;
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  /** Empty: about none. */
  readonly table: string;
  readonly constraint: string;
}

/**
 * Finds the rows that the table does not take. Changes nothing. One round trip however many there are, while the
 * server's log is spared: it would hold each statement that fails.
 * @throws what `database.query` throws
 */
export async function sift(
  database: Pick<pg.Pool, 'query'>,
  rows: readonly UsageRow[],
): Promise<readonly Refusal[]> {
  const text = [
    `SELECT set_config('apipod.rows', ${pg.escapeLiteral(rows.join('\n'))}, true)`,
    TRY_EACH,
    "SELECT current_setting('apipod.refused') AS refused",
  ].join(';');
  // Of several statements there are several results.
  const results = (await database.query(text)) as unknown as readonly pg.QueryResult<{ refused: string }>[];
  return JSON.parse(results.at(-1)!.rows[0]!.refused) as Refusal[];
}
