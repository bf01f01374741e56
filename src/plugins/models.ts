import { ProxyError } from '../core/errors.ts';
import type { Plugin } from '../core/plugin.ts';

const PATH = '/v1/models';
/** Plans do not know when a model was made; SDKs want a number. */
const CREATED_SECONDS = 0;
const CREATED = new Date(CREATED_SECONDS * 1000).toISOString();

/**
 * Answers `GET /v1/models` and `GET /v1/models/{id}`: the names that a client of this plan may ask for, the plan's
 * own first. Clients that send `anthropic-version` get Anthropic's list shape.
 */
export function models(): Plugin<'plan'> {
  return {
    name: 'models',
    needs: ['plan'],

    onHead(exchange) {
      const { head } = exchange.client;
      if (!head.path.startsWith(PATH)) return undefined;
      const { plan } = exchange;
      const names = [...new Set([plan.name, ...plan.items.map((item) => item.model)])];
      const shape = head.get('anthropic-version') === undefined ? openaiShape : anthropicShape;
      if (head.path === PATH) exchange.respond(200, JSON.stringify(shape.list(names)));
      else {
        const name = decode(head.path.slice(PATH.length + 1));
        if (!names.includes(name)) throw new ProxyError('model_not_found');
        exchange.respond(200, JSON.stringify(shape.one(name)));
      }
      return undefined;
    },
  };
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const openaiShape = {
  one: (id: string) => ({ id, object: 'model', created: CREATED_SECONDS, owned_by: 'apipod' }),
  list: (ids: readonly string[]) => ({ object: 'list', data: ids.map(openaiShape.one) }),
};

const anthropicShape = {
  one: (id: string) => ({ type: 'model', id, display_name: id, created_at: CREATED }),
  list: (ids: readonly string[]) => ({
    data: ids.map(anthropicShape.one),
    has_more: false,
    first_id: ids[0],
    last_id: ids.at(-1),
  }),
};
