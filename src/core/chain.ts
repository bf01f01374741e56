import type { Exchange, Handler } from './exchange.ts';
import type { Awaitable, Facet, Plugin } from './plugin.ts';
import type { MonotonicMs } from './types.ts';

/** A hook with its types erased: the pipeline has checked that its facets are there. */
type Hook = (exchange: Exchange) => unknown;
type ChunkHook = (exchange: Exchange, chunk: Uint8Array) => undefined;
type CheckHook = (exchange: Exchange, now: MonotonicMs) => undefined;
type DoneHook = (exchange: Exchange) => undefined | Promise<void>;

interface Step {
  readonly hook: Hook;
  readonly provides: Facet | undefined;
}

// Plugins of all facets stand in one list here; the compiler has already checked each against its predecessors.
// biome-ignore lint/suspicious/noExplicitAny: types are erased on purpose, `use` is the typed edge
type AnyPlugin = Plugin<any, any>;

export type Factory<S, N extends Facet, P extends Facet> = (services: S) => Plugin<N, P>;

/**
 * Builds a chain. `use` accepts a plugin only if earlier ones provide all that it needs.
 * `new Pipeline(services).use(auth).use(plan).build()`
 */
export class Pipeline<S, Have extends Facet = never> {
  readonly #services: S;
  readonly #plugins: AnyPlugin[] = [];

  constructor(services: S) {
    this.#services = services;
  }

  use<N extends Have, P extends Facet = never>(factory: Factory<S, N, P>): Pipeline<S, Have | P> {
    this.#plugins.push(factory(this.#services));
    return this as unknown as Pipeline<S, Have | P>;
  }

  build(): Chain {
    return new Chain(this.#plugins);
  }
}

/**
 * Runs an exchange through the plugins in order. One flat loop for each phase; no promise and no closure is made
 * unless a hook suspends. After a suspension it checks once whether the exchange has ended, so plugins need not.
 */
export class Chain implements Handler {
  readonly #head: readonly Step[];
  readonly #body: readonly Step[];
  readonly #response: readonly Hook[];
  readonly #chunk: readonly ChunkHook[];
  readonly #check: readonly CheckHook[];
  readonly #done: readonly DoneHook[];
  readonly #stops: readonly (() => Promise<void>)[];

  constructor(plugins: readonly AnyPlugin[]) {
    this.#head = plugins.flatMap(({ onHead, provides }) =>
      onHead ? [{ hook: onHead as Hook, provides }] : [],
    );
    this.#body = plugins.flatMap(({ onHead, onBody, provides }) =>
      onBody ? [{ hook: onBody as Hook, provides: onHead ? undefined : provides }] : [],
    );
    this.#response = plugins.flatMap(({ onResponse }) => (onResponse ? [onResponse as Hook] : []));
    this.#chunk = plugins.flatMap(({ onChunk }) => (onChunk ? [onChunk as ChunkHook] : []));
    this.#check = plugins.flatMap(({ onCheck }) => (onCheck ? [onCheck] : []));
    this.#done = plugins.flatMap(({ onDone }) => (onDone ? [onDone] : []));
    this.#stops = plugins.flatMap(({ stop }) => (stop ? [stop] : []));
  }

  onHead(exchange: Exchange): void {
    this.#advance(exchange, this.#head, 0);
  }

  onBody(exchange: Exchange): void {
    this.#advance(exchange, this.#body, 0);
  }

  onResponse(exchange: Exchange): void {
    try {
      for (const hook of this.#response) hook(exchange);
    } catch (thrown) {
      exchange.fail(thrown);
    }
  }

  onChunk(exchange: Exchange, chunk: Uint8Array): void {
    try {
      for (const hook of this.#chunk) hook(exchange, chunk);
    } catch (thrown) {
      exchange.fail(thrown);
    }
  }

  onCheck(exchange: Exchange, now: MonotonicMs): void {
    try {
      for (const hook of this.#check) hook(exchange, now);
    } catch (thrown) {
      exchange.fail(thrown);
    }
  }

  /** A hook that throws must not take the others' turn: one of them writes the usage row. */
  onDone(exchange: Exchange): Awaitable<void> {
    let pending: Promise<void> | undefined;
    for (const hook of this.#done) {
      try {
        const held = hook(exchange);
        if (held !== undefined) pending = pending === undefined ? held : both(pending, held);
      } catch (thrown) {
        exchange.report(thrown);
      }
    }
    return pending;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) await stop();
  }

  #advance(exchange: Exchange, steps: readonly Step[], from: number): void {
    for (let i = from; i < steps.length; i++) {
      const step = steps[i]!;
      let value: unknown;
      try {
        value = step.hook(exchange);
      } catch (thrown) {
        exchange.fail(thrown);
      }
      if (exchange.ended) return;
      if (value instanceof Promise) {
        this.#suspend(exchange, steps, i, value);
        return;
      }
      provide(exchange, step, value);
    }
    if (steps === this.#head) exchange.readBody();
  }

  #suspend(exchange: Exchange, steps: readonly Step[], i: number, pending: Promise<unknown>): void {
    pending.then(
      (value) => {
        if (exchange.ended) return;
        provide(exchange, steps[i]!, value);
        this.#advance(exchange, steps, i + 1);
      },
      (thrown) => exchange.fail(thrown),
    );
  }
}

async function both(one: Promise<void>, other: Promise<void>): Promise<void> {
  await Promise.all([one, other]);
}

function provide(exchange: Exchange, step: Step, value: unknown): void {
  if (step.provides !== undefined) (exchange as unknown as Record<Facet, unknown>)[step.provides] = value;
}
