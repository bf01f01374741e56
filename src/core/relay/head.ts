/** Response headers that go on to the client. All others stay here, hop-by-hop headers among them. */
const RELAYED: ReadonlySet<string> = new Set([
  'content-type',
  'cache-control',
  'openai-processing-ms',
  'openai-version',
  'request-id',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
]);
const RELAYED_PREFIXES = ['x-ratelimit-', 'anthropic-ratelimit-'] as const;

/** An upstream's response head, as far as the gateway reads and relays it. */
export interface ResponseHead {
  readonly status: number;
  /** For the client: name, value, … */
  readonly headers: readonly string[];
  /** Lower case, without parameters; '' if there is none. */
  readonly contentType: string;
  /** Other than `identity`, which is all that was asked for; '' if there is none. */
  readonly contentEncoding: string;
}

/** Whether `readResponseHead` makes anything of a header. @param name in lower case */
export const isRead = (name: string): boolean =>
  name === 'content-encoding' || name === 'connection' || isRelayed(name);

/** @param raw name in lower case, value, … */
export function readResponseHead(status: number, raw: readonly string[]): ResponseHead {
  const headers: string[] = [];
  let contentType = '';
  let contentEncoding = '';
  let connection = '';
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    if (name === 'content-type') {
      contentType = mediaType(value);
      headers.push(name, value);
    } else if (name === 'content-encoding') contentEncoding = value.toLowerCase();
    else if (name === 'connection') connection = value.toLowerCase();
    else if (isRelayed(name)) headers.push(name, value);
  }
  return {
    status,
    headers: connection === '' || connection === 'keep-alive' ? headers : without(headers, connection),
    contentType,
    contentEncoding: contentEncoding === 'identity' ? '' : contentEncoding,
  };
}

function isRelayed(name: string): boolean {
  return RELAYED.has(name) || RELAYED_PREFIXES.some((prefix) => name.startsWith(prefix));
}

function mediaType(contentType: string): string {
  const semicolon = contentType.indexOf(';');
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

/** The headers that `Connection` names are meant for the next hop only (RFC 9110, section 7.6.1). */
function without(headers: readonly string[], connection: string): string[] {
  const named = new Set(connection.split(',').map((name) => name.trim()));
  return headers.filter((_, i) => !named.has(headers[i - (i % 2)]!));
}
