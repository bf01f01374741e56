import { LRUCache } from 'lru-cache';
import type { ApiName } from '../types.ts';

/** An upstream may learn: after this it is asked again. */
const TTL_MS = 600_000;
const GAPS_MAX = 1_000;

/** The APIs that an upstream has turned out not to have, by model: some upstreams have one for some models only. */
export class Gaps {
  readonly #gaps = new LRUCache<string, true>({ max: GAPS_MAX, ttl: TTL_MS });

  has(api: ApiName, model: string): boolean {
    return this.#gaps.size > 0 && this.#gaps.has(key(api, model));
  }

  add(api: ApiName, model: string): void {
    this.#gaps.set(key(api, model), true);
  }
}

const key = (api: ApiName, model: string): string => `${api} ${model}`;
