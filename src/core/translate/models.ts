import { createHash } from 'node:crypto';
import { EFFORTS, type Effort } from './effort.ts';
import type { JsonObject } from './translation.ts';

interface Family {
  readonly name: RegExp;
  /** The least and the most that `reasoning_effort` may ask of it. */
  readonly efforts: readonly [least: Effort, most: Effort];
  /** OpenAI's reasoning models refuse `max_tokens`, `temperature` and `top_p`. */
  readonly strict: boolean;
  /**
   * What may be asked of it beside function tools, if not everything: nothing, or it must be `none`.
   * https://github.com/openai/openai-openapi/issues/541, https://github.com/BerriAI/litellm/pull/34569
   */
  readonly besideTools?: 'nothing' | 'none';
}

/**
 * Models that take `reasoning_effort`; the first that fits counts. All others are not sent it: most refuse a field that
 * they do not know. https://platform.openai.com/docs/guides/reasoning, https://ai.google.dev/gemini-api/docs/openai
 */
const FAMILIES: readonly Family[] = [
  { name: /^o\d/, efforts: ['low', 'high'], strict: true },
  { name: /^gpt-5-pro/, efforts: ['high', 'high'], strict: true },
  { name: /^gpt-5-codex/, efforts: ['low', 'high'], strict: true },
  { name: /^gpt-5\.1-codex-max/, efforts: ['none', 'xhigh'], strict: true },
  { name: /^gpt-5\.1(?!\d|.*-chat)/, efforts: ['none', 'high'], strict: true },
  { name: /^gpt-5\.[23](?!\d|.*-chat)/, efforts: ['none', 'xhigh'], strict: true },
  {
    name: /^gpt-5\.[45](?!\d|.*-chat)/,
    efforts: ['none', 'xhigh'],
    strict: true,
    besideTools: 'nothing',
  },
  {
    name: /^gpt-(5\.|[6-9]|\d\d)(?!.*-chat)/,
    efforts: ['none', 'xhigh'],
    strict: true,
    besideTools: 'none',
  },
  { name: /^gpt-5(?!.*-chat)/, efforts: ['minimal', 'high'], strict: true },
  { name: /^gpt-oss/, efforts: ['low', 'high'], strict: false },
  { name: /^gemini-(2\.5|[3-9])/, efforts: ['minimal', 'high'], strict: false },
  { name: /^grok-3-mini/, efforts: ['low', 'high'], strict: false },
];

/** @param model as the plan names it; a provider before it (`openai/o3`) does not count */
function nameOf(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1).toLowerCase();
}

function familyOf(model: string): Family | undefined {
  const name = nameOf(model);
  return FAMILIES.find((family) => family.name.test(name));
}

interface CallIdRule {
  readonly model: RegExp;
  /** The ids that it takes. */
  readonly fits: RegExp;
  /** Length of one that fits. */
  readonly chars: number;
}

/**
 * Models that do not take every id of a tool call. Measured by others:
 * https://github.com/Portkey-AI/gateway/issues/1062, https://github.com/anomalyco/opencode/issues/1680
 */
const CALL_ID_RULES: readonly CallIdRule[] = [
  { model: /^(gpt-|chatgpt|o\d)/, fits: /^.{1,40}$/s, chars: 32 },
  { model: /^(mi[ns]tral|mixtral|magistral|codestral|devstral|pixtral)/, fits: /^[a-zA-Z0-9]{9}$/, chars: 9 },
];

/**
 * An id that the model takes: plans mix models, and some refuse the ids that others make. The same id becomes the same
 * each time.
 */
export function fitId(id: string, model: string): string {
  const name = nameOf(model);
  const rule = CALL_ID_RULES.find((one) => one.model.test(name));
  if (rule === undefined || rule.fits.test(id)) return id;
  return createHash('sha256').update(id).digest('hex').slice(0, rule.chars);
}

/** Whether the model may read Gemini's thought signatures. All others refuse a field that they do not know. */
function readsThoughtSignatures(model: string): boolean {
  return /gemini/i.test(model);
}

/**
 * Whether the model refuses tool calls without a thought signature, even those that another model made.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
function demandsThoughtSignatures(model: string): boolean {
  return /gemini-([3-9]|\d\d)/i.test(model);
}

/** What stands for a thought signature where another model made the call; the same page says so. */
const UNSIGNED: JsonObject = { google: { thought_signature: 'skip_thought_signature_validator' } };

/**
 * `extra_content` of a call that goes back.
 * @param own what came with it, if anything did @param first of parallel calls, the only one that has a signature
 */
export function extraFor(model: string, own: JsonObject | undefined, first: boolean): JsonObject {
  if (!readsThoughtSignatures(model)) return {};
  const extra_content = own ?? (first && demandsThoughtSignatures(model) ? UNSIGNED : undefined);
  return extra_content === undefined ? {} : { extra_content };
}

/**
 * Models that refuse a message of the assistant without its reasoning, DeepSeek each and Kimi those that call tools.
 * https://github.com/vercel/ai/pull/14740, https://github.com/anomalyco/opencode/issues/10996
 */
const DEMANDS_REASONING =
  /^(deepseek-(chat|reasoner|v3\.[2-9]|v([4-9]|\d\d))|kimi-(k2[.p]\d|k2-thinking|k[3-9]|for-coding|latest))/;

export function demandsReasoning(model: string): boolean {
  return DEMANDS_REASONING.test(nameOf(model));
}

/** In place of reasoning that nobody has. An empty text is refused: https://github.com/NousResearch/hermes-agent/pull/17341 */
const NO_REASONING = ' ';

/**
 * The reasoning in an assistant's message, and what stands for it where the model demands some and another one made the
 * message.
 * @param own members with the model's own reasoning @param others text of the reasoning of others, or ''
 */
export function withReasoning(own: JsonObject, others: string, model: string): JsonObject {
  if (!demandsReasoning(model) || Object.keys(own).length > 0) return own;
  return { reasoning_content: others.trim() === '' ? NO_REASONING : others };
}

/**
 * Models that refuse `stop`; o3-mini takes it. https://github.com/huggingface/smolagents/pull/2366,
 * https://github.com/FlowiseAI/Flowise/issues/5046
 */
const STOPS_AS_IT_LIKES = /^(o3(?!-mini)|o4|gpt-(5|[6-9]|\d\d)(?!.*-chat))/;
/** Models that know `verbosity`. */
const VERBOSE = /^gpt-([5-9]|\d\d)/;

/** What a request asks of the model beside the conversation. What is undefined is left to it. */
export interface Settings {
  /** Most tokens of the answer. */
  readonly limit?: number | undefined;
  readonly temperature?: unknown;
  readonly top_p?: unknown;
  readonly stop?: unknown;
  readonly verbosity?: string | undefined;
  readonly effort?: Effort | undefined;
}

/**
 * Those fields of a request that depend on the model, as far as it takes them. OpenAI's reasoning models know the limit
 * under its new name only, and many servers that are compatible with OpenAI only under the old one.
 * @param tools whether there are function tools
 */
export function settingsFor(model: string, settings: Settings, tools: boolean): JsonObject {
  const name = nameOf(model);
  const family = familyOf(model);
  const strict = family?.strict === true;
  const { limit, temperature, top_p, stop, verbosity, effort } = settings;
  return defined({
    [strict ? 'max_completion_tokens' : 'max_tokens']: limit,
    temperature: strict ? undefined : temperature,
    top_p: strict ? undefined : top_p,
    stop: STOPS_AS_IT_LIKES.test(name) ? undefined : stop,
    verbosity: VERBOSE.test(name) ? verbosity : undefined,
    reasoning_effort: family && effortFor(family, effort, tools),
  });
}

/** The nearest that the model takes. */
function effortFor(family: Family, wanted: Effort | undefined, tools: boolean): Effort | undefined {
  if (tools && family.besideTools !== undefined) {
    return family.besideTools === 'none' ? 'none' : undefined;
  }
  if (wanted === undefined) return undefined;
  const [least, most] = family.efforts;
  const rank = EFFORTS.indexOf(wanted);
  if (rank < EFFORTS.indexOf(least)) return least;
  return rank > EFFORTS.indexOf(most) ? most : wanted;
}

function defined(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
