import { join } from '../core/bytes.ts';
import { invalidField } from '../core/errors.ts';
import { type Edit, splice } from '../core/json/request.ts';
import type { Awaitable, Plugin, With } from '../core/plugin.ts';
import { type Call, DirectCall } from '../core/relay/call.ts';
import type { Services } from '../core/services.ts';
import { CountAnswer } from '../core/tokenizer/answer.ts';
import { lacksApi } from '../core/translate/lacking.ts';
import { holdsReasoning, isMixed, looksMixed, withoutReasoning } from '../core/translate/mixed.ts';
import { type Loaded, load, type Passage, WAYS } from '../core/translate/passages.ts';
import { maybeSigned } from '../core/translate/signature.ts';
import type { JsonObject, TranslationOptions } from '../core/translate/translation.ts';
import type { QuotaItem } from '../core/types.ts';
import type { Upstream } from '../core/upstream/upstreams.ts';

type Routed = With<'target'>;

/** What an upstream says that does not understand the request. */
const PUZZLED: ReadonlySet<number> = new Set([400, 422]);

/**
 * Puts the request in the words of its target: the routed model's name and, if the upstream has another API than the
 * client speaks, all of it. Where it has the same, every other byte of the body stays as it is, but for
 * `stream_options.include_usage`, without which OpenAI's streams do not tell their usage, and for what that upstream
 * would refuse all of the request for: reasoning that only the gateway can read, and the words of other APIs.
 */
export function translate({
  config,
  tokenizer,
  upstreams,
}: Pick<Services, 'config' | 'tokenizer' | 'upstreams'>): Plugin<'target', 'call'> {
  const limits = {
    documentBytesMax: config.TRANSLATED_ANSWER_BYTES_MAX,
    eventBytesMax: config.TRANSLATED_EVENT_BYTES_MAX,
  };
  const optionsFor = ({ id, startedAtEpoch: now, target }: Routed): TranslationOptions => ({
    model: target.item.model,
    maxTokensDefault: config.MAX_TOKENS_DEFAULT,
    id,
    now,
  });

  /** @param onAnswer is told when there is an answer that is no error */
  const callThrough = (
    exchange: Routed,
    upstream: Upstream,
    passage: Passage | 'own',
    body: Buffer,
    onAnswer?: () => void,
  ): Awaitable<Call> => {
    if (passage === 'own') {
      onAnswer?.();
      return new CountAnswer(tokenizer, exchange.target.item.model, body);
    }
    const through = ({ translation, TranslatedCall }: Loaded): Call => {
      const translated = translation.open(JSON.parse(body.toString()) as JsonObject, optionsFor(exchange));
      return new TranslatedCall(upstream, passage.api, translated, limits, onAnswer);
    };
    const ready = load(passage);
    return ready instanceof Promise ? ready.then(through) : through(ready);
  };

  /** Chat completions for an upstream that has them. */
  const callChat = (exchange: Routed, upstream: Upstream): Awaitable<Call> => {
    const { api, target } = exchange;
    const { body, usageHidden } = withModel(exchange);
    const proper = async (): Promise<Call> => {
      const { properRequest } = await import('../core/translate/chat_chat.ts');
      const request = properRequest(join(body), optionsFor(exchange));
      return new DirectCall(upstream, api, [request], usageHidden);
    };
    if (looksMixed(exchange.body, target.request)) return proper();
    return new DirectCall(upstream, api, body, usageHidden, (status) => {
      if (!PUZZLED.has(status)) return undefined;
      const request: unknown = JSON.parse(join(body).toString());
      if (isMixed(request)) return proper();
      if (!holdsReasoning(request)) return undefined;
      return new DirectCall(upstream, api, [withoutReasoning(request)], usageHidden);
    });
  };

  /** Any other API, for an upstream that has it, or should have. */
  const callDirectly = (
    exchange: Routed,
    upstream: Upstream,
    other: Passage | 'own' | undefined,
  ): Awaitable<Call> => {
    const { api, target } = exchange;
    const { body } = withModel(exchange);
    const learn = () => upstream.gaps.add(api.name, target.item.model);
    const call = (sent: readonly Buffer[]): Call =>
      new DirectCall(upstream, api, sent, false, (status, said) =>
        other !== undefined && lacksApi(status, said)
          ? // The other way may well need what was taken out for this one.
            callThrough(exchange, upstream, other, join(body), learn)
          : undefined,
      );
    if (!maybeSigned(exchange.body)) return call(body);
    return import('../core/translate/foreign.ts').then(({ withoutForeignReasoning }) =>
      call([withoutForeignReasoning(join(body))]),
    );
  };

  return {
    name: 'translate',
    needs: ['target'],
    provides: 'call',

    onBody(exchange) {
      const { target, api, body } = exchange;
      const { upstream: name, model } = target.item;
      const upstream = upstreams.require(name);
      const way = WAYS[api.name][upstream.settings.dialect];
      const other = way.indirect;
      if (!way.direct || (other !== undefined && upstream.gaps.has(api.name, model))) {
        return callThrough(exchange, upstream, other!, body);
      }
      return api.name === 'chat' ? callChat(exchange, upstream) : callDirectly(exchange, upstream, other);
    },
  };
}

/** The body with the routed model, and with the wish for usage where only the gateway has it. */
function withModel({ target, api, body }: Routed): {
  readonly body: readonly Buffer[];
  readonly usageHidden: boolean;
} {
  const { item, request } = target;
  if (request.background && api.name === 'responses') {
    throw invalidField('background', 'must be false: answers that are fetched later cannot be counted');
  }
  const { start, end } = request.modelAt;
  const edits: Edit[] = [{ start, end, bytes: modelBytes(item) }];
  const usageHidden = api.usageOnRequest && request.stream && !request.includeUsage;
  if (usageHidden) {
    edits.push(request.includeUsageEdit);
    edits.sort((a, b) => a.start - b.start);
  }
  return { body: splice(body, edits), usageHidden };
}

/** The items of the plans in memory live as long as those. */
const models = new WeakMap<QuotaItem, Buffer>();

/** The name of an item's model, as JSON. */
function modelBytes(item: QuotaItem): Buffer {
  let bytes = models.get(item);
  if (bytes === undefined) {
    bytes = Buffer.from(JSON.stringify(item.model));
    models.set(item, bytes);
  }
  return bytes;
}
