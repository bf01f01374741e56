/** What the thread is sent. It answers with the number of tokens. */
export interface CountJob {
  /** `text`: the content of JSON strings, escapes included. `prompt`: the body of a request. */
  readonly kind: 'text' | 'prompt';
  /** Whose tokens. */
  readonly model: string;
  readonly bytes: Uint8Array;
}
