import { ProxyError } from '../core/errors.ts';
import { applyEdits, type Edit, readRequest } from '../core/json/request.ts';
import type { Plugin } from '../core/plugin.ts';
import { Pickers } from '../core/routing/picker.ts';
import type { Services } from '../core/services.ts';

/**
 * Picks one of the plan's quota items by weight and writes its model into the request body. Every other byte of the
 * body stays as it is, but for `stream_options.include_usage`, without which OpenAI streams do not tell their usage.
 */
export function route({
  config,
  upstreams,
  random,
  log,
}: Pick<Services, 'config' | 'upstreams' | 'random' | 'log'>): Plugin<'plan', 'target'> {
  // An item whose upstream is not configured is picked all the same: that shows in the log, where leaving it out
  // would silently shift the weights.
  const pickers = new Pickers(({ upstream }, dialect) => {
    const settings = upstreams.get(upstream)?.settings;
    return settings === undefined || settings.dialect === dialect;
  });

  return {
    name: 'route',
    needs: ['plan'],
    provides: 'target',

    onBody({ plan, dialect, body }) {
      const fields = readRequest(body, config.BODY_DEPTH_MAX);
      const candidates = pickers.of(plan, dialect.name).candidates(fields.model);
      if (candidates.empty) {
        log.warn(
          { plan: plan.name, dialect: dialect.name, model: fields.model },
          'no item of the plan for this model is on an upstream of this dialect',
        );
        // Trying again does not help, and SDKs would: it is a 5xx.
        throw new ProxyError('dialect_unreachable', { headers: ['x-should-retry', 'false'] });
      }
      const item = candidates.pick(random);
      const usageHidden = dialect.usageOnRequest && fields.stream && !fields.includeUsage;
      const { start, end } = fields.modelAt;
      const edits: Edit[] = [{ start, end, text: JSON.stringify(item.model) }];
      if (usageHidden) edits.push(fields.includeUsageEdit);
      return {
        item,
        requestedModel: fields.model,
        streamed: fields.stream,
        body: applyEdits(
          body,
          edits.sort((a, b) => a.start - b.start),
        ),
        usageHidden,
      };
    },
  };
}
