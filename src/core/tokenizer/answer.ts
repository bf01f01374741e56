import type { Exchange } from '../exchange.ts';
import type { OwnAnswer } from '../relay/call.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What tells a client that no model has counted. */
const ESTIMATE = ['x-apipod-estimate', 'true'];

/**
 * `{"input_tokens": N}` for an upstream that does not count.
 * @see https://docs.anthropic.com/en/api/messages-count-tokens
 */
export class CountAnswer implements OwnAnswer {
  readonly #tokenizer: Pick<Tokenizer, 'prompt'>;
  readonly #model: string;
  readonly #body: Buffer;

  /** @param model whose tokens */
  constructor(tokenizer: Pick<Tokenizer, 'prompt'>, model: string, body: Buffer) {
    this.#tokenizer = tokenizer;
    this.#model = model;
    this.#body = body;
  }

  async answer(exchange: Exchange): Promise<undefined> {
    const counted = await this.#tokenizer.prompt(this.#body, this.#model);
    const tokens = counted ?? exchange.promptEstimate;
    exchange.respond(200, JSON.stringify({ input_tokens: tokens }), undefined, ESTIMATE);
  }
}
