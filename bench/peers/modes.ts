/**
 * How the upstream answers, whatever it is asked: told over IPC, so that no arm spends anything on it. It reads requests
 * to their end and looks at nothing in them.
 */
export type Mode =
  /** A chat completion of so many bytes, as JSON with usage. */
  | { readonly kind: 'json'; readonly bytes: number }
  /** So many content chunks in chat completion's stream, then the usage chunk and the end mark. */
  | {
      readonly kind: 'sse';
      readonly chunks: number;
      /** 0: all in one go, each in an HTTP chunk of its own. */
      readonly intervalMs: number;
      /** Of the content of a chunk. Default: 12. */
      readonly textBytes?: number;
    }
  /** A stream's head and first chunk, and then silence until the client leaves. */
  | { readonly kind: 'idle' };
