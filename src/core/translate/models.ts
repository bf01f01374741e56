/** How much a model reasons, least first. `none` is not at all. */
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const;
export type Effort = (typeof EFFORTS)[number];

interface Family {
  readonly name: RegExp;
  /** The least and the most that `reasoning_effort` may ask of it. */
  readonly efforts: readonly [least: Effort, most: Effort];
  /** OpenAI's reasoning models refuse `max_tokens`, `temperature` and `top_p`. */
  readonly strict: boolean;
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
  { name: /^gpt-5\.1(?!.*-chat)/, efforts: ['none', 'high'], strict: true },
  { name: /^gpt-(5\.|[6-9])(?!.*-chat)/, efforts: ['none', 'xhigh'], strict: true },
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

export function callIdRule(model: string): CallIdRule | undefined {
  const name = nameOf(model);
  return CALL_ID_RULES.find((rule) => rule.model.test(name));
}

/** Whether the model may read Gemini's thought signatures. All others refuse a field that they do not know. */
export function readsThoughtSignatures(model: string): boolean {
  return /gemini/i.test(model);
}

/**
 * Whether the model refuses tool calls without a thought signature, even those that another model made.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export function demandsThoughtSignatures(model: string): boolean {
  return /gemini-([3-9]|\d\d)/i.test(model);
}

/** Whether the model takes no `temperature` and no `top_p`. */
export function samplesAsItLikes(model: string): boolean {
  return familyOf(model)?.strict === true;
}

/**
 * What `max_tokens` is called. OpenAI's reasoning models know only the new name, and many servers that are compatible
 * with OpenAI only the old one.
 */
export function limitName(model: string): 'max_tokens' | 'max_completion_tokens' {
  return samplesAsItLikes(model) ? 'max_completion_tokens' : 'max_tokens';
}

/** The nearest that the model takes; undefined for one that takes no `reasoning_effort`. */
export function effortFor(model: string, wanted: Effort): Effort | undefined {
  const family = familyOf(model);
  if (family === undefined) return undefined;
  const [least, most] = family.efforts;
  const rank = EFFORTS.indexOf(wanted);
  if (rank < EFFORTS.indexOf(least)) return least;
  return rank > EFFORTS.indexOf(most) ? most : wanted;
}
