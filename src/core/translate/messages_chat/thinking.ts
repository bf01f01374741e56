import { invalidField } from '../../errors.ts';
import { type Effort, readEffort } from '../effort.ts';
import { readNumber, readObject } from '../read.ts';
import type { JsonObject } from '../translation.ts';

/** The largest budget, in tokens, of each effort. */
const BUDGETS: readonly (readonly [budgetMax: number, Effort])[] = [
  [1024, 'minimal'],
  [2048, 'low'],
  [8192, 'medium'],
  [16_384, 'high'],
  [Number.POSITIVE_INFINITY, 'xhigh'],
];

/**
 * The `reasoning_effort` that `thinking` and `output_config.effort` ask for; undefined leaves it to the model. The effort counts before the budget, and thinking that is disabled before both.
 * @throws ProxyError `invalid_field`
 */
export function reasoningEffort(request: JsonObject): Effort | undefined {
  const thinking = (request.thinking ?? undefined) && readObject(request.thinking, 'thinking');
  const config = (request.output_config ?? undefined) && readObject(request.output_config, 'output_config');
  const named = readEffort(config?.effort, 'output_config.effort');
  const budget = thinking && readThinking(thinking);
  return budget === 'none' ? budget : (named ?? budget);
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
