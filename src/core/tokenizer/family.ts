import { claudeVersion } from '../claude.ts';

/** How a family of models counts, told by OpenAI's newest tokenizer, which is public. */
export interface Family {
  /** Tokens for each one of o200k_base, in text. */
  readonly tokensPerToken: number;
  /** What a message takes besides its text. */
  readonly messageTokens: number;
  /** What a request takes that brings tools, besides the tools. */
  readonly toolsTokens: number;
}

/** https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb */
const GPT: Family = { tokensPerToken: 1, messageTokens: 4, toolsTokens: 0 };

/**
 * Anthropic publishes no tokenizer. The factors are measured (docs/dialects.md, "Counting without usage"); the system
 * prompt that comes with tools is documented: https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/overview
 */
const CLAUDE: Family = { tokensPerToken: 1.15, messageTokens: 4, toolsTokens: 346 };

/** Measured: more than the documentation says. */
const CLAUDE_SINCE_4_5: Family = { ...CLAUDE, toolsTokens: 490 };
/** The same text makes about 30 % more tokens. */
const CLAUDE_SINCE_4_7: Family = { ...CLAUDE_SINCE_4_5, tokensPerToken: 1.44 };

/** @param model as the upstream is asked for it; a bridge has the models of many makers */
export function familyOf(model: string): Family {
  const version = claudeVersion(model);
  if (version === undefined) return GPT;
  if (version >= 407) return CLAUDE_SINCE_4_7;
  return version >= 405 ? CLAUDE_SINCE_4_5 : CLAUDE;
}
