import type { CountBasis, TokenCounts, Usage } from '../types.ts';

/** What is charged for an exchange, and the counts behind it. */
export type Account = Pick<Usage, 'tokens' | 'countSource' | 'counts'>;

/** What is known of the tokens of one exchange. */
export interface Known {
  /** By the upstream, so far. */
  readonly reported: Readonly<TokenCounts>;
  /** The upstream has told all of it. */
  readonly reportedAll: boolean;
  readonly observedInput: number;
  readonly observedOutput: number;
  /** Of the output, the part that was handed to the client: from 0 to 1. */
  readonly deliveredShare: number;
}

const NO_TOKENS: Readonly<TokenCounts> = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

/** There was no answer to count. */
export const UNCOUNTED: Account = {
  tokens: NO_TOKENS,
  countSource: 'none',
  counts: {
    reportedInput: null,
    reportedOutput: null,
    observedInput: 0,
    observedOutput: 0,
    deliveredOutput: 0,
  },
};

/** The three counts, and of those the one that is charged. Where the upstream reports nothing, our own count stands in. */
export function accountFor(known: Known, basis: CountBasis): Account {
  const { reported, reportedAll, observedInput, observedOutput } = known;
  const told = reportedAll || reported.input > 0;
  const input = told ? reported.input : observedInput;
  // What a stream tells at its beginning is a lower bound.
  const output = reportedAll ? reported.output : Math.max(reported.output, observedOutput);
  const delivered = Math.round(output * known.deliveredShare);
  const counts = {
    reportedInput: told ? reported.input : null,
    reportedOutput: reportedAll ? reported.output : null,
    observedInput,
    observedOutput,
    deliveredOutput: delivered,
  };
  if (basis === 'delivered')
    return { tokens: charged(input, delivered, reported), countSource: basis, counts };
  if (basis === 'reported' && reportedAll) return { tokens: copyOf(reported), countSource: basis, counts };
  const tokens =
    basis === 'reported'
      ? charged(input, output, reported)
      : charged(observedInput, observedOutput, reported);
  return { tokens, countSource: 'observed', counts };
}

/** The report itself may still change. */
const copyOf = ({ input, output, cacheRead, cacheWrite, reasoning }: TokenCounts): TokenCounts => ({
  input,
  output,
  cacheRead,
  cacheWrite,
  reasoning,
});

/** Parts are never more than the whole that they are parts of. */
function charged(input: number, output: number, reported: Readonly<TokenCounts>): TokenCounts {
  const cacheRead = Math.min(reported.cacheRead, input);
  return {
    input,
    output,
    cacheRead,
    cacheWrite: Math.min(reported.cacheWrite, input - cacheRead),
    reasoning: Math.min(reported.reasoning, output),
  };
}
