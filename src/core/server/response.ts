import { STATUS_CODES } from 'node:http';

const LINES: readonly (string | undefined)[] = Array.from({ length: 600 }, (_, status) =>
  STATUS_CODES[status] === undefined ? undefined : `${status} ${STATUS_CODES[status]}`,
);

/** How much longer a client may take to send a body that nobody wants, before its connection is closed. */
export const DRAIN_TIMEOUT_MS = 60_000;

/** Status and reason phrase, `404 Not Found`. */
export function statusLine(status: number): string {
  return LINES[status] ?? `${status} Unknown`;
}

/** Whether the status forbids a body (RFC 9110, sections 15.3.5 and 15.4.5). */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 304;
}

const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;

/**
 * The same headers without those that no header may hold. Values come from upstreams and clients: a CR LF in one would
 * begin a response of its own.
 */
export function printable(headers: readonly string[]): readonly string[] {
  for (let i = 0; i < headers.length; i += 2) {
    if (!isPrintable(headers[i]!, headers[i + 1]!)) return onlyPrintable(headers);
  }
  return headers;
}

function isPrintable(name: string, value: string): boolean {
  return NAME.test(name) && VALUE.test(value);
}

function onlyPrintable(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    if (isPrintable(name, value)) kept.push(name, value);
  }
  return kept;
}
