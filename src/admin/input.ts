import { z } from 'zod';
import { ProxyError } from '../core/errors.ts';
import { INSTANT } from '../core/instant.ts';

const NAME_LENGTH_MAX = 200;
const EXPIRES_IN_DAYS_MAX = 36_500;
const PAGE_KEYS_MAX = 1_000;
const PAGE_KEYS_STANDARD = 100;

// PostgreSQL's text takes no NUL, and no other control character belongs into a name that operators read in a log.
const name = z
  .string()
  .min(1)
  .max(NAME_LENGTH_MAX)
  .regex(/^\P{Cc}+$/u)
  .describe(`a text of 1 to ${NAME_LENGTH_MAX} characters`);
const days = z
  .int()
  .min(1)
  .max(EXPIRES_IN_DAYS_MAX)
  .describe(`a whole number of days from 1 to ${EXPIRES_IN_DAYS_MAX}`);
/** Within PostgreSQL's bigint. */
const id = z.string().regex(/^\d{1,18}$/);

export const KEY_CREATION = z.strictObject({
  name,
  sub_name: name,
  expires_in: days.optional().describe(days.description!),
});

export const KEY_CHANGE = z.strictObject({
  sub_name: name.optional().describe(name.description!),
  active: z.boolean().optional().describe('true or false'),
  expires_in: days
    .nullable()
    .optional()
    .describe(`${days.description}, or null for a key that does not expire`),
});

export const KEY_PAGE = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(PAGE_KEYS_MAX)
    .default(PAGE_KEYS_STANDARD)
    .describe(`a whole number from 1 to ${PAGE_KEYS_MAX}`),
  after: id.default('0').describe('the `next` of the page before'),
});

export const KEY_ID = id;

const range = {
  from: INSTANT.optional().describe(INSTANT.description!),
  to: INSTANT.optional().describe(INSTANT.description!),
};

export const RECONCILE_RANGE = z.strictObject(range);

export const USAGE_RANGE = z.strictObject({
  ...range,
  format: z.enum(['ndjson', 'csv']).default('ndjson').describe('ndjson or csv'),
});

/** @throws {ProxyError} `invalid_json` if it is no JSON object, `invalid_field` that names the first bad field */
export function parseBody<S extends z.ZodObject>(
  schema: S,
  body: Buffer,
  encoding: string | undefined,
): z.infer<S> {
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new ProxyError('unsupported_encoding');
  }
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    throw new ProxyError('invalid_json');
  }
  return check(schema, value);
}

/** @throws {ProxyError} `invalid_field` that names the first bad parameter */
export function parseQuery<S extends z.ZodObject>(schema: S, query: string): z.infer<S> {
  const parameters = new URLSearchParams(query);
  for (const key of parameters.keys()) {
    if (parameters.getAll(key).length > 1) throw invalid(key, 'is given twice');
  }
  return check(schema, Object.fromEntries(parameters));
}

export function invalid(field: string, problem: string): ProxyError {
  return new ProxyError('invalid_field', { message: `${field} ${problem}.`, param: field });
}

function check<S extends z.ZodObject>(schema: S, value: unknown): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') throw invalid(issue.keys[0]!, 'is not a field of this request');
  const field = issue?.path[0];
  if (field === undefined)
    throw new ProxyError('invalid_json', { message: 'The request must be a JSON object.' });
  if (!Object.hasOwn(value as object, field)) throw invalid(String(field), 'is missing');
  throw invalid(String(field), `must be ${schema.shape[String(field)]!.description}`);
}
