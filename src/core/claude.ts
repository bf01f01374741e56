/** A version of two digits at most: what is longer is a date. */
const NEW_NAME = /claude-[a-z]+-(\d{1,2})(?:[.-](\d{1,2}))?(?!\d)/i;
/** As the first ones were called, and as some bridges still spell them: `claude-3-7-sonnet`, `claude-4.6-opus`. */
const OLD_NAME = /claude-(\d{1,2})(?:[.-](\d{1,2}))?(?=-[a-z])/i;

/**
 * The version in a model's name, as major * 100 + minor: 407 for `anthropic/claude-opus-4.7`. 0 for a Claude that does
 * not tell it; undefined for a model of another maker.
 */
export function claudeVersion(model: string): number | undefined {
  if (!/claude/i.test(model)) return undefined;
  const [, major = '0', minor = '0'] = NEW_NAME.exec(model) ?? OLD_NAME.exec(model) ?? [];
  return Number(major) * 100 + Number(minor);
}
