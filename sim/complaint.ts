import type { ZodError, z } from 'zod';

type Issue = z.core.$ZodIssue;
export type Path = readonly PropertyKey[];

/** The one thing about a request that its refusal names, as real APIs name one. */
export interface Complaint {
  readonly path: Path;
  readonly issue: Issue;
  /** What is at the path; undefined: nothing. */
  readonly value: unknown;
}

/** The first issue. Of alternatives that all fail, the one that got furthest is meant. */
export function complaintOf(error: ZodError, body: unknown): Complaint {
  const { issue, path } = furthest(error.issues[0]!, []);
  return { path, issue, value: valueAt(body, path) };
}

function furthest(issue: Issue, base: Path): { issue: Issue; path: Path } {
  const path = [...base, ...issue.path];
  if (issue.code === 'invalid_union') {
    const alternatives = issue.errors.flatMap((issues) => issues.slice(0, 1));
    const best = alternatives.toSorted((a, b) => distance(b) - distance(a))[0];
    if (best !== undefined && distance(best) > 0) return furthest(best, path);
  }
  return { issue, path };
}

/** An unknown key counts as inside, although its issue is of the object. The right type with a wrong value is further. */
function distance({ path, code }: Issue): number {
  const depth = path.length + (code === 'unrecognized_keys' ? 1 : 0);
  return depth * 2 + (code === 'invalid_type' ? 0 : 1);
}

export function valueAt(body: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    body,
  );
}

/** `'a', 'b' and 'c'` */
export function listed(values: readonly unknown[], last: 'and' | 'or', comma = ''): string {
  const quoted = values.map((value) => `'${String(value)}'`);
  const end = quoted.pop() ?? '';
  return quoted.length === 0 ? end : `${quoted.join(', ')}${comma} ${last} ${end}`;
}
