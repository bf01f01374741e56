import { invalidField } from '../../errors.ts';
import { isObject, readNumber, readObject } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { isThinking, type Turn } from './blocks.ts';

/** Tokens, by OpenAI's and OpenRouter's `effort`. */
const BUDGETS: ReadonlyMap<unknown, number> = new Map([
  ['minimal', 1024],
  ['low', 2048],
  ['medium', 8192],
  ['high', 16_384],
  ['xhigh', 24_576],
  ['max', 24_576],
]);
/** Anthropic refuses less. */
const BUDGET_MIN = 1024;
/** Left for the answer where the client has not set the budget itself. */
const ANSWER_MIN = 1024;

/**
 * Anthropic's `thinking`, within its rules; undefined: the request says nothing about it.
 * @param maxTokens of the whole answer
 * @param forced whether a tool must be called
 * @see https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
 */
export function readThinking(
  request: JsonObject,
  maxTokens: number,
  turns: readonly Turn[],
  forced: boolean,
): JsonObject | undefined {
  const wanted = readWanted(request, maxTokens);
  if (wanted === undefined || wanted.type === 'disabled') return wanted;
  return forced || turns.at(-1)!.role === 'assistant' || !isLoopSigned(turns) ? undefined : wanted;
}

function readWanted(request: JsonObject, maxTokens: number): JsonObject | undefined {
  if (request.thinking !== undefined && request.thinking !== null) {
    return readOwn(readObject(request.thinking, 'thinking'), maxTokens);
  }
  if (request.reasoning !== undefined && request.reasoning !== null) {
    const { enabled, max_tokens, effort } = readObject(request.reasoning, 'reasoning');
    if (enabled === false) return undefined;
    if (max_tokens !== undefined && max_tokens !== null) {
      return enable(Math.min(readNumber(max_tokens, 'reasoning.max_tokens'), maxTokens - 1));
    }
    if (effort !== undefined && effort !== null) return ofEffort(effort, maxTokens, 'reasoning.effort');
    if (enabled === true) return ofEffort('medium', maxTokens, 'reasoning.enabled');
  }
  const effort = request.reasoning_effort ?? 'none';
  return ofEffort(effort, maxTokens, 'reasoning_effort');
}

/** `adaptive` and `disabled` have no budget. */
function readOwn(thinking: JsonObject, maxTokens: number): JsonObject | undefined {
  if (thinking.type !== 'enabled') return thinking;
  const budget = readNumber(thinking.budget_tokens, 'thinking.budget_tokens');
  const enabled = enable(Math.min(budget, maxTokens - 1));
  return enabled && { ...thinking, ...enabled };
}

function ofEffort(effort: unknown, maxTokens: number, path: string): JsonObject | undefined {
  if (effort === 'none') return undefined;
  const budget = BUDGETS.get(effort);
  if (budget === undefined) {
    throw invalidField(path, `must be "none" or one of ${[...BUDGETS.keys()].join(', ')}`);
  }
  return enable(Math.min(budget, maxTokens - ANSWER_MIN));
}

function enable(budget: number): JsonObject | undefined {
  return budget >= BUDGET_MIN ? { type: 'enabled', budget_tokens: Math.floor(budget) } : undefined;
}

/**
 * Whether the model can go on thinking after its last tool calls: Anthropic wants the thinking of that turn back, and
 * only its signature proves it. The turn begins where the user last spoke; what was thought before that does not matter.
 */
function isLoopSigned(turns: readonly Turn[]): boolean {
  let first: Turn | undefined;
  for (let i = turns.length - 1; i > 0; i -= 2) {
    const { content } = turns[i]!;
    if (content[0]?.type !== 'tool_result') break;
    if (first !== undefined && content.some(({ type }) => type !== 'tool_result')) break;
    first = turns[i - 1]!;
  }
  return first === undefined || isThinking(first.content[0]!);
}

/** Whether the model thinks: `temperature` and the like do not go with it. */
export const isThinkingOn = (thinking: JsonObject | undefined): boolean =>
  isObject(thinking) && thinking.type !== 'disabled';
