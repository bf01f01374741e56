/** As deep as a request may be nested by default; what comes in a string of JSON is bounded here instead. */
const LEVELS_MAX = 128;

/**
 * Whether parsed JSON is nested so deep that it may not go on: `JSON.stringify` and whoever reads it recurse, and end
 * with a stack that overflows.
 */
export function isTooDeep(value: unknown, levels: number = LEVELS_MAX): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(value)) if (isTooDeep(inner, levels - 1)) return true;
  return false;
}
