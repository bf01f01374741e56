import { join } from '../bytes.ts';
import type { Exchange } from '../exchange.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { accountFor } from './account.ts';
import { estimateOutputTokens } from './estimate.ts';
import { type Observation, type Observed, observe } from './observe.ts';

/** Counts what an upstream does not report. */
export type Counter = Pick<Tokenizer, 'text' | 'prompt'>;

/**
 * Sets the account of an exchange that has ended: at once by what was reported and by estimates, and if anything is
 * left to be counted, by the counts as soon as `exchange.counting` resolves.
 * @param seen `reported`: all that matters has been
 * @param prompt the request body that the upstream was sent, in pieces
 */
export function charge(
  exchange: Exchange,
  seen: 'reported' | Observation,
  prompt: readonly Buffer[],
  counter: Counter,
): void {
  const { promptEstimate, textBytes, reported, plan, target } = exchange;
  const basis = plan?.countBasis ?? 'reported';
  const reportedAll = seen === 'reported' || seen.reported;
  const deliveredShare = shareDelivered(exchange);
  const account = ({ input, output }: Observed) =>
    accountFor(
      { reported, reportedAll, observedInput: input, observedOutput: output, deliveredShare },
      basis,
    );

  exchange.account = account({ input: promptEstimate, output: estimateOutputTokens(textBytes) });
  if (seen === 'reported') return;
  const counted = basis === 'observed' || reported.input === 0 ? join(prompt) : undefined;
  const model = target?.item.model ?? '';
  exchange.counting = observe(seen, counted, promptEstimate, model, counter).then((observed) => {
    exchange.account = account(observed);
  });
}

/** Of the model's output, the part that was handed to the client. */
function shareDelivered({ outcome, textBytes, deliveredTextBytes }: Exchange): number {
  if (outcome === 'completed') return 1;
  return textBytes === 0 ? 0 : deliveredTextBytes / textBytes;
}
