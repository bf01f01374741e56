import { invalidField } from '../../errors.ts';
import { type Effort, effortFor } from '../models.ts';
import { readNumber, readObject, readOptionalString } from '../read.ts';
import type { JsonObject } from '../translation.ts';

/** The largest budget, in tokens, of each effort. */
const BUDGETS: readonly (readonly [budgetMax: number, Effort])[] = [
  [1024, 'minimal'],
  [2048, 'low'],
  [8192, 'medium'],
  [16_384, 'high'],
  [Number.POSITIVE_INFINITY, 'xhigh'],
];

const EFFORTS: Readonly<Record<string, Effort>> = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
  max: 'xhigh',
};

/**
 * The `reasoning_effort` that `thinking` and `output_config.effort` ask for, as far as the model goes; undefined leaves
 * it to the model. The effort counts before the budget, and thinking that is disabled before both.
 * @throws ProxyError `invalid_field`
 */
export function reasoningEffort(request: JsonObject, model: string): Effort | undefined {
  const thinking = (request.thinking ?? undefined) && readObject(request.thinking, 'thinking');
  const config = (request.output_config ?? undefined) && readObject(request.output_config, 'output_config');
  const named = readEffort(config?.effort);
  const budget = thinking && readThinking(thinking);
  const wanted = budget === 'none' ? budget : (named ?? budget);
  return wanted && effortFor(model, wanted);
}

function readEffort(value: unknown): Effort | undefined {
  const name = readOptionalString(value, 'output_config.effort');
  if (name === undefined) return undefined;
  if (!Object.hasOwn(EFFORTS, name)) {
    throw invalidField('output_config.effort', `must be one of ${Object.keys(EFFORTS).join(', ')}`);
  }
  return EFFORTS[name];
}

function readThinking({ type, budget_tokens: budget }: JsonObject): Effort | undefined {
  switch (type) {
    case 'disabled':
      return 'none';
    case 'adaptive':
    case 'between_tools':
      return undefined;
    case 'enabled': {
      const tokens = readNumber(budget, 'thinking.budget_tokens');
      return BUDGETS.find(([max]) => tokens <= max)?.[1];
    }
    default:
      throw invalidField('thinking.type', 'must be "enabled", "adaptive" or "disabled"');
  }
}
