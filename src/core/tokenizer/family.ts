/** How a family of models counts, told by OpenAI's newest tokenizer, which is the one that is public. */
export interface Family {
  /** Tokens for each one of o200k_base. */
  readonly tokensPerToken: number;
  /** What a message takes besides its text. */
  readonly messageTokens: number;
  /** What a request takes that brings tools, besides the tools. */
  readonly toolsTokens: number;
}

/** https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb */
const GPT: Family = { tokensPerToken: 1, messageTokens: 4, toolsTokens: 0 };

/**
 * Anthropic publishes no tokenizer. The factor is measured (docs/dialects.md), the system prompt that comes with tools
 * is documented: https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/overview
 */
const CLAUDE: Family = { tokensPerToken: 1.2, messageTokens: 4, toolsTokens: 346 };

/** @param model as the upstream is asked for it; a bridge has the models of many makers */
export function familyOf(model: string): Family {
  return /claude/i.test(model) ? CLAUDE : GPT;
}
