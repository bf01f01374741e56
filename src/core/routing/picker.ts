import type { ApiName, Plan, QuotaItem } from '../types.ts';

/** A source of numbers from 0 up to, but not including, 1. */
export type Random = () => number;

/** Quota items among which the weights decide. */
export class Candidates {
  readonly #items: readonly QuotaItem[];
  /** Running sums of the weights. */
  readonly #sums: readonly number[];

  constructor(items: readonly QuotaItem[]) {
    let sum = 0;
    this.#items = items;
    this.#sums = items.map(({ weight }) => {
      sum += weight;
      return sum;
    });
  }

  get empty(): boolean {
    return this.#items.length === 0;
  }

  /** Each item comes up as often as its weight is part of the sum of all; O(log n). Not for empty candidates. */
  pick(random: Random): QuotaItem {
    const sums = this.#sums;
    const point = random() * sums.at(-1)!;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! > point) high = middle;
      else low = middle + 1;
    }
    return this.#items[low]!;
  }
}

/** How the requests to one API are spread over a plan. Worked out once for each plan that a worker has loaded. */
export class Picker {
  readonly #all: Candidates;
  readonly #byModel = new Map<string, Candidates>();

  /** @param reaches whether an item's upstream can be reached through this API */
  constructor(plan: Plan, reaches: (item: QuotaItem) => boolean) {
    this.#all = new Candidates(plan.items.filter(reaches));
    const itemsOf = new Map<string, QuotaItem[]>();
    for (const item of plan.items) {
      const items = itemsOf.get(item.model) ?? [];
      itemsOf.set(item.model, items);
      if (reaches(item)) items.push(item);
    }
    for (const [model, items] of itemsOf) this.#byModel.set(model, new Candidates(items));
  }

  /**
   * The items for a model name: those that have it, or the whole plan for any name that no item has: the plan's own
   * name, `auto`, or one the plan does not know. Empty if none of them can be reached.
   */
  candidates(model: string): Candidates {
    return this.#byModel.get(model) ?? this.#all;
  }
}

/** The pickers of the plans in memory. A plan that changes is another object, so nothing here gets old. */
export class Pickers {
  readonly #reaches: (item: QuotaItem, api: ApiName) => boolean;
  readonly #pickers: Readonly<Record<ApiName, WeakMap<Plan, Picker>>> = {
    chat: new WeakMap(),
    responses: new WeakMap(),
    embeddings: new WeakMap(),
    messages: new WeakMap(),
    count_tokens: new WeakMap(),
  };

  constructor(reaches: (item: QuotaItem, api: ApiName) => boolean) {
    this.#reaches = reaches;
  }

  of(plan: Plan, api: ApiName): Picker {
    const pickers = this.#pickers[api];
    let picker = pickers.get(plan);
    if (picker === undefined) {
      picker = new Picker(plan, (item) => this.#reaches(item, api));
      pickers.set(plan, picker);
    }
    return picker;
  }
}
