import { claudeVersion } from '../../claude.ts';

/** How hard a model works, least first. */
export const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof EFFORTS)[number];

/** What a model takes. */
export interface Claude {
  /**
   * `budget`: `thinking.type` is `enabled`, with a budget. `adaptive`: the model measures its thinking itself. `always`:
   * the same, and it cannot be switched off. `any`: not known; what the client says goes on as it is.
   */
  readonly thinking: 'budget' | 'adaptive' | 'always' | 'any';
  /** Of `output_config.effort`; none: the field is refused. */
  readonly efforts: readonly Effort[];
  /** Whether it takes `temperature`, `top_p` and `top_k`. */
  readonly sampling: boolean;
  /** Whether it goes on with a last message of the assistant's. */
  readonly prefill: boolean;
}

interface Family extends Claude {
  readonly name: RegExp;
  /** As `claudeVersion` has it. */
  readonly since: number;
}

const BEFORE_XHIGH: readonly Effort[] = ['low', 'medium', 'high', 'max'];
const BEFORE_MAX: readonly Effort[] = ['low', 'medium', 'high'];
const NOW = { efforts: EFFORTS, sampling: false, prefill: false } as const;
const THEN = { thinking: 'budget', sampling: true, prefill: true } as const;

/**
 * The first that fits counts. https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking,
 * https://platform.claude.com/docs/en/build-with-claude/effort,
 * https://platform.claude.com/docs/en/about-claude/models/migration-guide
 */
const FAMILIES: readonly Family[] = [
  { name: /fable|mythos/, since: 0, thinking: 'always', ...NOW },
  { name: /opus|sonnet/, since: 505, thinking: 'always', ...NOW },
  { name: /claude/, since: 407, thinking: 'adaptive', ...NOW },
  { name: /claude/, since: 406, thinking: 'adaptive', efforts: BEFORE_XHIGH, sampling: true, prefill: false },
  { name: /opus/, since: 405, efforts: BEFORE_MAX, ...THEN },
  { name: /claude/, since: 1, efforts: [], ...THEN },
];

/** Bridges serve the models of other makers through Anthropic's API, too. */
const UNKNOWN: Claude = { thinking: 'any', efforts: EFFORTS, sampling: true, prefill: true };

/** @param model as the plan names it */
export function claudeOf(model: string): Claude {
  const version = claudeVersion(model);
  if (version === undefined) return UNKNOWN;
  const name = model.toLowerCase();
  return FAMILIES.find((family) => version >= family.since && family.name.test(name)) ?? UNKNOWN;
}

/** The most that the model takes and that is not above what was wanted; undefined for one that takes no effort. */
export function effortFor({ efforts }: Claude, wanted: Effort): Effort | undefined {
  return efforts.findLast((effort) => EFFORTS.indexOf(effort) <= EFFORTS.indexOf(wanted));
}
