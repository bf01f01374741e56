import type { MetricsDelta } from './metrics/delta.ts';

/** What changed in the database: drop it from the caches. `key` null: all of that kind. */
export type Change =
  /** `key`: SHA-256 of the token, hex. */
  | { readonly kind: 'user'; readonly key: string | null }
  /** `key`: `sub_id`. */
  | { readonly kind: 'plan'; readonly key: number | null };

/** Everything that primary and workers say to each other. */
export interface Messages {
  /* worker to primary */
  /** The worker listens. */
  ready: { readonly engine: string };
  /** The worker's event loop turns. */
  heartbeat: Record<string, never>;
  /** The worker's journal (its folder's name) and how much has been written to it: bytes of blocks, and final rows. */
  journal: { readonly life: string; readonly bytes: number; readonly rows: number };
  /** In answer to `collect`, or unasked (`id` 0) from time to time: one or more parts. */
  metrics: { readonly id: number; readonly delta: MetricsDelta };
  /** A scrape has come in at this worker: the text, or what follows in it behind so many characters. */
  scrape: { readonly id: number; readonly from: number };
  /** The worker cannot go on. The last thing it says. */
  fatal: { readonly reason: string };

  /* primary to worker */
  /** Whether the journals of all workers together hold as much as they may. */
  journalFull: { readonly full: boolean };
  collect: { readonly id: number };
  /** A part of the text; '' behind its end, and if there is none. */
  scraped: { readonly id: number; readonly part: string };
  change: { readonly changes: readonly Change[] };
  /** Finish open streams, then exit. */
  stop: { readonly timeoutMs: number };
}

export type MessageKind = keyof Messages;

/** One end of the line between the primary and a worker. */
export interface Channel {
  /** False once the other side is gone; `send` then does nothing. */
  readonly connected: boolean;
  /** @param onSent is called when the message has left this process, or cannot: until then an exit loses it */
  send<K extends MessageKind>(kind: K, message: Messages[K], onSent?: () => void): void;
  /** One listener for each kind. What came of that kind before it is delivered at once, in order. */
  on<K extends MessageKind>(kind: K, listener: (message: Messages[K]) => void): void;
  /** If the other side has gone already, it is told soon. */
  onDisconnect(listener: () => void): void;
}

/** What `process` and a cluster `Worker` have in common. */
interface Peer {
  send?(message: unknown, callback?: (error: Error | null) => void): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  isConnected?(): boolean;
  readonly connected?: boolean;
}

/** Messages of a kind that wait for its listener: of more than that, the latest. */
export const MISSED_MAX = 256;

/** @param peer `process` in a worker, the cluster `Worker` in the primary */
export function openChannel(peer: Peer): Channel {
  const listeners = new Map<string, (message: never) => void>();
  const missed = new Map<string, unknown[]>();
  const disconnectListeners: (() => void)[] = [];
  let connected = true;
  peer.on('message', (envelope) => {
    const { kind, message } = envelope as { kind?: string; message?: never };
    if (kind === undefined) return;
    const listener = listeners.get(kind);
    if (listener === undefined) miss(kind, message);
    else listener(message as never);
  });
  const miss = (kind: string, message: unknown): void => {
    const waiting = missed.get(kind);
    if (waiting === undefined) missed.set(kind, [message]);
    else if (waiting.push(message) > MISSED_MAX) waiting.shift();
  };
  peer.on('disconnect', () => {
    connected = false;
    for (const listener of disconnectListeners) listener();
  });
  return {
    get connected() {
      return connected && (peer.isConnected?.() ?? peer.connected ?? false);
    },
    send(kind, message, onSent) {
      // The callback takes the error of a peer that has just gone; its `disconnect` says the rest.
      if (this.connected) peer.send?.({ kind, message }, () => onSent?.());
      else onSent?.();
    },
    on(kind, listener) {
      const waiting = missed.get(kind) ?? [];
      // What comes meanwhile lines up behind them.
      while (waiting.length > 0) listener(waiting.shift() as never);
      missed.delete(kind);
      listeners.set(kind, listener as (message: never) => void);
    },
    onDisconnect(listener) {
      if (this.connected) disconnectListeners.push(listener);
      else queueMicrotask(listener);
    },
  };
}
