import type { z } from 'zod';
import { type Complaint, complaintOf, listed, type Path } from './complaint.ts';
import { Refusal } from './dialect.ts';

/* The words in which OpenAI's API refuses a request, with the `param` and `code` beside them. */

/** @throws {Refusal} */
export function parseOpenai<T>(schema: z.ZodType<T>, body: unknown): T {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  throw refusalOf(complaintOf(error, body));
}

/** `messages[0].content` */
export const paramOf = (path: Path): string =>
  path.reduce<string>(
    (shown, key) => shown + (typeof key === 'number' ? `[${key}]` : `${shown && '.'}${String(key)}`),
    '',
  );

function refusalOf({ path, issue, value }: Complaint): Refusal {
  const param = paramOf(path);
  const refuse = (message: string, code: string, at = param): Refusal =>
    new Refusal(400, message, { param: at, code });
  if (issue.code === 'unrecognized_keys') {
    const at = paramOf([...path, issue.keys[0]!]);
    return refuse(`Unknown parameter: '${at}'.`, 'unknown_parameter', at);
  }
  if (value === undefined) {
    return refuse(`Missing required parameter: '${param}'.`, 'missing_required_parameter');
  }
  switch (issue.code) {
    case 'invalid_type':
      return refuse(
        `Invalid type for '${param}': expected ${KINDS[issue.expected] ?? issue.expected}, but got ${kindOf(value)} instead.`,
        'invalid_type',
      );
    case 'invalid_union': {
      const { options = [] } = issue as { options?: readonly unknown[] };
      if (issue.discriminator !== undefined) {
        return refuse(
          `Invalid value: '${String(value)}'. Supported values are: ${listed(options, 'and', ',')}.`,
          'invalid_value',
        );
      }
      return refuse(`Invalid type for '${param}': got ${kindOf(value)} instead.`, 'invalid_type');
    }
    case 'invalid_value':
      return refuse(
        `Invalid value: '${String(value)}'. Supported values are: ${listed(issue.values, 'and', ',')}.`,
        'invalid_value',
      );
    case 'too_small':
    case 'too_big':
      return refuse(...sizeWords(param, issue, value));
    case 'invalid_format':
      return refuse(
        issue.message.startsWith('Invalid string')
          ? `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${String(issue.pattern).slice(1, -1)}'.`
          : `Invalid '${param}'. ${issue.message}`,
        'invalid_value',
      );
    default:
      return refuse(issue.message, 'invalid_value');
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a decimal',
  int: 'an integer',
  boolean: 'a boolean',
  array: 'an array',
  record: 'an object',
  object: 'an object',
};

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (Number.isInteger(value)) return 'an integer';
  return KINDS[typeof value] ?? typeof value;
}

/** An issue does not tell whether the number was to be whole. */
const INTEGERS = /tokens$|^n$|^top_logprobs$|^dimensions$|^seed$/;

function sizeWords(
  param: string,
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  value: unknown,
): [message: string, code: string] {
  const small = issue.code === 'too_small';
  const limit = small ? issue.minimum : issue.maximum;
  if (issue.origin !== 'string' && issue.origin !== 'array') {
    const kind = INTEGERS.test(param) ? 'integer' : 'decimal';
    const [word, sign] = small ? ['below minimum', '>='] : ['above maximum', '<='];
    return [
      `Invalid '${param}': ${kind} ${word} value. Expected a value ${sign} ${limit}, but got ${String(value)} instead.`,
      `${kind}_${word.replace(' ', '_')}_value`,
    ];
  }
  const { length } = value as string | readonly unknown[];
  const word = small ? (length === 0 ? 'empty' : 'too short') : 'too long';
  const kind = issue.origin;
  const what = `${kind === 'array' ? 'an' : 'a'} ${kind}`;
  const end = length === 0 ? `an empty ${kind}` : `${what} with length ${length}`;
  const subject = word === 'empty' ? `empty ${kind}` : `${kind} ${word}`;
  return [
    `Invalid '${param}': ${subject}. Expected ${what} with ${small ? 'minimum' : 'maximum'} length ${limit}, but got ${end} instead.`,
    `${kind === 'array' ? 'array' : 'string'}_${small ? 'below_min' : 'above_max'}_length`,
  ];
}
