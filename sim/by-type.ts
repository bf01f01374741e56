import { z } from 'zod';

/**
 * A schema that is chosen by the `type` of what it has to parse. Other than in a union, a complaint is always about
 * the alternative that is meant, and alternatives may share a type or leave it out.
 */
export function byType<T>(choose: (type: unknown) => z.ZodType<T>) {
  return z.unknown().transform((value, context): T => {
    const { type } = Object(value) as { type?: unknown };
    const { success, data, error } = choose(type).safeParse(value);
    if (success) return data;
    for (const issue of error.issues) context.addIssue({ ...issue } as never);
    return z.NEVER;
  });
}
