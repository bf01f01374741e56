import type { Exchange } from '../exchange.ts';
import { type Counter, charge } from '../meter/charge.ts';
import { NOTHING_SEEN, type Observation } from '../meter/observe.ts';
import type { Answer } from './answer.ts';
import type { UpstreamCall } from './call.ts';

/** Leaves it to estimates. */
const NO_COUNTER: Counter = { text: async () => undefined, prompt: async () => undefined };

/** What can be known of the tokens of an answer. */
type Seen = 'reported' | Observation;

/**
 * Decides whether an exchange that has ended costs anything, and if so, sets its account.
 * @param answer undefined if none began
 * @param silent the request may have reached the upstream, which has said nothing
 */
export function bill(
  exchange: Exchange,
  call: UpstreamCall,
  answer: Answer | undefined,
  silent: boolean,
  counter: Counter = NO_COUNTER,
): void {
  const observed = (exchange.plan?.countBasis ?? 'reported') !== 'reported';
  const seen = answer === undefined ? unanswered(exchange, call, silent) : answer.settle(observed);
  if (seen !== 'none' && !isFree(exchange, seen)) charge(exchange, seen, call.body, counter);
}

/** The upstream may well have worked on it until the client left: the prompt is what can be known of that. */
function unanswered({ outcome }: Exchange, { api }: UpstreamCall, silent: boolean): 'none' | Seen {
  return api.metered && silent && outcome === 'client_aborted' ? NOTHING_SEEN : 'none';
}

/** Our error is all that the client gets, and the upstream says of no token that it charges for it. */
function isFree({ error, firstByteAt, clientGone, reported }: Exchange, seen: Seen): boolean {
  const told = seen === 'reported' || seen.reported || reported.input > 0;
  return error !== undefined && firstByteAt === 0 && !clientGone && !told;
}
