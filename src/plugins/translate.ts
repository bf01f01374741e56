import { invalidField, ProxyError } from '../core/errors.ts';
import { applyEdits, type Edit } from '../core/json/request.ts';
import type { Awaitable, Plugin, With } from '../core/plugin.ts';
import { type Call, DirectCall } from '../core/relay/call.ts';
import type { Services } from '../core/services.ts';
import { withoutOwnReasoning } from '../core/translate/own_reasoning.ts';
import { type Loaded, load, type Passage, WAYS, type Way } from '../core/translate/passages.ts';
import { maybeSigned } from '../core/translate/signature.ts';
import type { JsonObject } from '../core/translate/translation.ts';
import type { Upstream } from '../core/upstream/upstreams.ts';

type Routed = With<'target'>;

/**
 * Puts the request in the words of its target: the routed model's name and, if the upstream has another API than the
 * client speaks, all of it. Where it has the same, every other byte of the body stays as it is, but for
 * `stream_options.include_usage`, without which OpenAI's streams do not tell their usage.
 */
export function translate({
  config,
  upstreams,
}: Pick<Services, 'config' | 'upstreams'>): Plugin<'target', 'call'> {
  const limits = {
    documentBytesMax: config.TRANSLATED_ANSWER_BYTES_MAX,
    eventBytesMax: config.TRANSLATED_EVENT_BYTES_MAX,
  };

  /** @param body the client's, or what became of it on a way that led nowhere */
  const go = (exchange: Routed, upstream: Upstream, ways: readonly Way[], body: Buffer): Awaitable<Call> => {
    const [way, ...others] = ways;
    if (way === undefined || way === 'own') throw new ProxyError('dialect_unreachable');
    if (way === 'direct') {
      const otherwise =
        others.length > 0 ? (sent: Buffer) => go(exchange, upstream, others, sent) : undefined;
      return direct(exchange, upstream, otherwise);
    }
    const ready = load(way);
    return ready instanceof Promise
      ? ready.then((loaded) => through(way, loaded, exchange, upstream, body))
      : through(way, ready, exchange, upstream, body);
  };

  const through = (
    { api }: Passage,
    { translation, TranslatedCall }: Loaded,
    { id, startedAtEpoch, target }: Routed,
    upstream: Upstream,
    body: Buffer,
  ): Call => {
    const translated = translation.open(JSON.parse(body.toString()) as JsonObject, {
      model: target.item.model,
      maxTokensDefault: config.MAX_TOKENS_DEFAULT,
      id,
      now: startedAtEpoch,
    });
    return new TranslatedCall(upstream, api, translated, limits);
  };

  return {
    name: 'translate',
    needs: ['target'],
    provides: 'call',

    onBody(exchange) {
      const { target, api, body } = exchange;
      const { upstream: name, model } = target.item;
      const upstream = upstreams.require(name);
      const ways = WAYS[api.name][upstream.settings.dialect];
      const open = upstream.gaps.has(api.name, model) ? ways.filter((way) => way !== 'direct') : ways;
      return go(exchange, upstream, open, body);
    },
  };
}

function direct(
  { target, api, body }: Routed,
  upstream: Upstream,
  otherwise: ((sent: Buffer) => Awaitable<Call>) | undefined,
): DirectCall {
  const { item, request } = target;
  if (request.background && api.name === 'responses') {
    throw invalidField('background', 'must be false: answers that are fetched later cannot be counted');
  }
  const { start, end } = request.modelAt;
  const edits: Edit[] = [{ start, end, text: JSON.stringify(item.model) }];
  const usageHidden = api.usageOnRequest && request.stream && !request.includeUsage;
  if (usageHidden) edits.push(request.includeUsageEdit);
  const edited = applyEdits(
    body,
    edits.sort((a, b) => a.start - b.start),
  );
  const sent = api.name === 'responses' && maybeSigned(edited) ? withoutOwnReasoning(edited) : edited;
  // A translation can read what was taken out.
  return new DirectCall(upstream, api, sent, usageHidden, otherwise && (() => otherwise(edited)));
}
