const SIGNED = '__ts_';
const ENCODED = '__id_';
/** What Anthropic takes for the id of a tool call. */
const SAFE = /^[a-zA-Z0-9_-]+$/;

/** How an upstream knows a tool call. */
export interface CallId {
  readonly id: string;
  /**
   * Gemini's, without which it refuses the call when it comes back.
   * https://ai.google.dev/gemini-api/docs/thought-signatures
   */
  readonly thoughtSignature: string | undefined;
}

/**
 * The id under which a client knows a call. A `tool_use` block has no other place that comes back, so a thought
 * signature rides in it, and so does an id with characters that Anthropic refuses (`functions.read:0`).
 */
export function idForClient({ id, thoughtSignature }: CallId): string {
  if (!SAFE.test(id) || id.includes(SIGNED) || id.includes(ENCODED)) {
    const readable = id.replace(/[^a-zA-Z0-9-]+/g, '-');
    return readable + ENCODED + encode(JSON.stringify([id, thoughtSignature]));
  }
  return thoughtSignature === undefined ? id : id + SIGNED + encode(thoughtSignature);
}

/** @param id of a `tool_use` or in a `tool_result`; one that the gateway did not make stays as it is */
export function idForUpstream(id: string): CallId {
  const signed = id.indexOf(SIGNED);
  const encoded = id.indexOf(ENCODED);
  if (encoded >= 0 && (signed < 0 || encoded < signed)) {
    return decodePair(id.slice(encoded + ENCODED.length)) ?? { id, thoughtSignature: undefined };
  }
  if (signed < 0) return { id, thoughtSignature: undefined };
  return { id: id.slice(0, signed), thoughtSignature: decode(id.slice(signed + SIGNED.length)) };
}

const encode = (text: string): string => Buffer.from(text).toString('base64url');
const decode = (text: string): string => Buffer.from(text, 'base64url').toString();

function decodePair(text: string): CallId | undefined {
  try {
    const [id, signature] = JSON.parse(decode(text)) as unknown[];
    if (typeof id !== 'string') return undefined;
    return { id, thoughtSignature: typeof signature === 'string' ? signature : undefined };
  } catch {
    return undefined;
  }
}
