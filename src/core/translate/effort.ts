import { invalidField } from '../errors.ts';
import { readOptionalString } from './read.ts';

/** How much a model reasons, least first. `none` is not at all. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const;
export type Effort = (typeof EFFORTS)[number];

/** By the names that clients give them. Anthropic has one more, above all that chat completions know. */
const BY_NAME: ReadonlyMap<string, Effort> = new Map([
  ...EFFORTS.map((effort) => [effort, effort] as const),
  ['max', 'xhigh'],
]);

/** Undefined where nothing is asked for. @throws ProxyError `invalid_field` */
export function readEffort(value: unknown, path: string): Effort | undefined {
  const name = readOptionalString(value, path);
  if (name === undefined) return undefined;
  const effort = BY_NAME.get(name);
  if (effort === undefined) throw invalidField(path, `must be one of ${[...BY_NAME.keys()].join(', ')}`);
  return effort;
}
