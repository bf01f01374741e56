import { invalidField } from '../core/errors.ts';
import { applyEdits, type Edit } from '../core/json/request.ts';
import type { Awaitable, Plugin, With } from '../core/plugin.ts';
import { type Call, DirectCall } from '../core/relay/call.ts';
import type { Services } from '../core/services.ts';
import { CountAnswer } from '../core/tokenizer/answer.ts';
import { type Loaded, load, type Passage, WAYS } from '../core/translate/passages.ts';
import { maybeSigned } from '../core/translate/signature.ts';
import type { JsonObject } from '../core/translate/translation.ts';
import type { Upstream } from '../core/upstream/upstreams.ts';

type Routed = With<'target'>;

/**
 * Puts the request in the words of its target: the routed model's name and, if the upstream has another API than the
 * client speaks, all of it. Where it has the same, every other byte of the body stays as it is, but for
 * `stream_options.include_usage`, without which OpenAI's streams do not tell their usage, and for thinking that only
 * the gateway can read.
 */
export function translate({
  config,
  tokenizer,
  upstreams,
}: Pick<Services, 'config' | 'tokenizer' | 'upstreams'>): Plugin<'target', 'call'> {
  const limits = {
    documentBytesMax: config.TRANSLATED_ANSWER_BYTES_MAX,
    eventBytesMax: config.TRANSLATED_EVENT_BYTES_MAX,
    maxTokensDefault: config.MAX_TOKENS_DEFAULT,
  };

  /** @param onAnswer is told when the upstream gives an answer that is no error */
  const indirect = (
    exchange: Routed,
    upstream: Upstream,
    passage: Passage | 'own',
    body: Buffer,
    onAnswer?: () => void,
  ): Awaitable<Call> => {
    const { model } = exchange.target.item;
    if (passage === 'own') {
      onAnswer?.();
      return new CountAnswer(tokenizer, model, body);
    }
    const through = ({ translation, TranslatedCall }: Loaded): Call => {
      const { id, startedAtEpoch: now } = exchange;
      const { maxTokensDefault } = limits;
      const request = JSON.parse(body.toString()) as JsonObject;
      const translated = translation.open(request, { model, maxTokensDefault, id, now });
      return new TranslatedCall(upstream, passage.api, translated, limits, onAnswer);
    };
    const ready = load(passage);
    return ready instanceof Promise ? ready.then(through) : through(ready);
  };

  return {
    name: 'translate',
    needs: ['target'],
    provides: 'call',

    onBody(exchange) {
      const { target, api, body } = exchange;
      const { upstream: name, model } = target.item;
      const upstream = upstreams.require(name);
      const { gaps, settings } = upstream;
      const way = WAYS[api.name][settings.dialect];
      const other = way.indirect;
      if (!way.direct || (other !== undefined && gaps.has(api.name, model))) {
        return indirect(exchange, upstream, other!, body);
      }
      const otherwise =
        other &&
        ((sent: Buffer) => indirect(exchange, upstream, other, sent, () => gaps.add(api.name, model)));
      if (api.name === 'chat' || !maybeSigned(body)) return direct(exchange, upstream, otherwise);
      return import('../core/translate/foreign.ts').then(({ withoutForeignReasoning }) =>
        direct(exchange, upstream, otherwise, withoutForeignReasoning),
      );
    },
  };
}

/** @param mend is given the body as it is sent */
function direct(
  { target, api, body }: Routed,
  upstream: Upstream,
  otherwise: ((sent: Buffer) => Awaitable<Call>) | undefined,
  mend = (sent: Buffer): Buffer => sent,
): DirectCall {
  const { item, request } = target;
  if (request.background && api.name === 'responses') {
    throw invalidField('background', 'must be false: answers that are fetched later cannot be counted');
  }
  const { start, end } = request.modelAt;
  const edits: Edit[] = [{ start, end, text: JSON.stringify(item.model) }];
  const usageHidden = api.usageOnRequest && request.stream && !request.includeUsage;
  if (usageHidden) edits.push(request.includeUsageEdit);
  const sent = mend(
    applyEdits(
      body,
      edits.sort((a, b) => a.start - b.start),
    ),
  );
  return new DirectCall(upstream, api, sent, usageHidden, otherwise && (() => otherwise(sent)));
}
