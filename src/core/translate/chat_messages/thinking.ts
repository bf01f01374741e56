import { invalidField } from '../../errors.ts';
import { isObject, readNumber, readObject } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { isThinking, type Turn } from './blocks.ts';
import { type Claude, EFFORTS, type Effort, effortFor } from './claude.ts';

/** Tokens that each effort is worth. */
const BUDGETS: ReadonlyMap<Effort, number> = new Map([
  ['low', 2048],
  ['medium', 8192],
  ['high', 16_384],
  ['xhigh', 24_576],
  ['max', 24_576],
]);
/** The least that OpenAI knows, and less than Anthropic's least. */
const MINIMAL = 'minimal';
/** Anthropic refuses less. */
const BUDGET_MIN = 1024;
/** Left for the answer where the client has not set the budget itself. */
const ANSWER_MIN = 1024;

/** Anthropic's `thinking`, and `effort` of its `output_config`. */
export interface Thinking {
  readonly thinking?: JsonObject | undefined;
  readonly effort?: Effort | undefined;
}

/** What the client wants. */
interface Wish {
  /** Anthropic's own `thinking`, as the client has it. */
  readonly own?: JsonObject;
  readonly off?: boolean;
  /** Tokens. */
  readonly budget?: number;
  /** Whether the client has set the budget itself. */
  readonly exact?: boolean;
  readonly effort?: Effort;
}

/**
 * How the model thinks, within Anthropic's rules.
 * @param maxTokens of the whole answer
 * @param forced whether a tool must be called
 * @see https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
 */
export function readThinking(
  request: JsonObject,
  claude: Claude,
  maxTokens: number,
  turns: readonly Turn[],
  forced: boolean,
): Thinking {
  const wish = readWish(request);
  const asked = readConfig(request).effort;
  const effort =
    asked === undefined || asked === null ? undefined : readEffort(asked, 'output_config.effort');
  const measured = claude.thinking === 'adaptive' || claude.thinking === 'always';
  if (measured) return adapt(wish, effort, claude, forced);
  const thinking = wish && budgeted(wish, effort, claude, maxTokens);
  const off =
    thinking?.type !== 'disabled' && (forced || turns.at(-1)!.role === 'assistant' || !isLoopSigned(turns));
  return { thinking: off ? undefined : thinking, effort: effort && effortFor(claude, effort) };
}

/** The client's own `output_config`. */
export function readConfig({ output_config: config }: JsonObject): JsonObject {
  return config === undefined || config === null ? {} : readObject(config, 'output_config');
}

function readWish(request: JsonObject): Wish | undefined {
  if (request.thinking !== undefined && request.thinking !== null) {
    const own = readObject(request.thinking, 'thinking');
    if (own.type !== 'enabled') return { own, off: own.type === 'disabled' };
    return { own, budget: readNumber(own.budget_tokens, 'thinking.budget_tokens'), exact: true };
  }
  if (request.reasoning !== undefined && request.reasoning !== null) {
    const { enabled, max_tokens, effort } = readObject(request.reasoning, 'reasoning');
    if (enabled === false) return { off: true };
    if (max_tokens !== undefined && max_tokens !== null) {
      return { budget: readNumber(max_tokens, 'reasoning.max_tokens'), exact: true };
    }
    if (effort !== undefined && effort !== null) return ofEffort(effort, 'reasoning.effort');
    if (enabled === true) return { effort: 'medium' };
  }
  const { reasoning_effort: effort } = request;
  return effort === undefined || effort === null ? undefined : ofEffort(effort, 'reasoning_effort');
}

function ofEffort(effort: unknown, path: string): Wish {
  if (effort === 'none') return { off: true };
  if (effort === MINIMAL) return { effort: 'low', budget: BUDGET_MIN };
  return { effort: readEffort(effort, path) };
}

function readEffort(value: unknown, path: string): Effort {
  const effort = EFFORTS.find((known) => known === value);
  if (effort === undefined) {
    throw invalidField(path, `must be "none" or one of ${[MINIMAL, ...EFFORTS].join(', ')}`);
  }
  return effort;
}

/** For models that measure their thinking themselves. They hide its text unless they are told not to. */
function adapt(wish: Wish | undefined, asked: Effort | undefined, claude: Claude, forced: boolean): Thinking {
  const fit = (effort: Effort | undefined) => effort && effortFor(claude, effort);
  if (wish === undefined) return { effort: fit(asked) };
  if (wish.off === true) {
    if (claude.thinking === 'always') return { effort: 'low' };
    // Opus 5 refuses to work harder than this without thinking.
    return {
      thinking: { type: 'disabled' },
      effort: asked && effortFor({ ...claude, efforts: ['low', 'medium', 'high'] }, asked),
    };
  }
  const { own, budget = 0 } = wish;
  const worth = EFFORTS.find((effort) => budget <= BUDGETS.get(effort)!) ?? 'xhigh';
  const effort = fit(asked ?? wish.effort ?? (own && budget === 0 ? undefined : worth));
  if (forced) return { effort };
  const thinking =
    own === undefined || own.type === 'enabled'
      ? { type: 'adaptive', display: own?.display ?? 'summarized' }
      : own;
  return { thinking, effort };
}

/** For models that are given a budget. */
function budgeted(
  { own, off, ...wish }: Wish,
  asked: Effort | undefined,
  claude: Claude,
  maxTokens: number,
): JsonObject | undefined {
  if (off === true) return own;
  if (own !== undefined && own.type !== 'enabled' && claude.thinking === 'any') return own;
  const wanted = wish.budget ?? BUDGETS.get(wish.effort ?? asked ?? 'medium')!;
  const budget = Math.floor(Math.min(wanted, maxTokens - (wish.exact === true ? 1 : ANSWER_MIN)));
  if (budget < BUDGET_MIN) return undefined;
  return { ...(own?.type === 'enabled' && own), type: 'enabled', budget_tokens: budget };
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
