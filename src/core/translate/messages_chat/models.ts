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
function familyOf(model: string): Family | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  return FAMILIES.find((family) => family.name.test(name));
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
