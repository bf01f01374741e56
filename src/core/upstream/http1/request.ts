import type { Socket } from 'node:net';
import { lengthOf } from '../../bytes.ts';
import type { TransportRequest } from '../transport.ts';

/** Up to here one write of a copy is cheaper than two writes. */
const COPIED_BYTES_MAX = 16_384;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Beyond 0xff a character would be written as another one, a line end perhaps. */
const UNFIT_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const TARGET = /^\/[\x21-\x7e]*$/;

/** Names that have been seen; they come from the source code, so there are few. */
const names = new Set<string>();

/**
 * The head of a request, in latin1.
 * @param fixed the lines that it has in common with others
 * @throws TypeError for what would not be the one head that it should be
 */
export function requestHead({ method, path, headers, body }: TransportRequest, fixed: string): string {
  if (!TARGET.test(path)) throw new TypeError('The path of a request is malformed.');
  return `${method} ${path} HTTP/1.1\r\n${fixed}${headerLines(headers)}content-length: ${lengthOf(body)}\r\n\r\n`;
}

/** @param headers name, value, … @throws TypeError for what would not be these lines and no others */
export function headerLines(headers: readonly string[]): string {
  let lines = '';
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    if (!names.has(name)) learn(name);
    if (UNFIT_VALUE.test(value)) throw new TypeError(`The header ${name} of a request is malformed.`);
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

/** @param head as `requestHead` gives it */
export function writeRequest(socket: Socket, head: string, body: readonly Buffer[]): void {
  const length = lengthOf(body);
  if (length > COPIED_BYTES_MAX) {
    socket.cork();
    socket.write(head, 'latin1');
    for (const piece of body) socket.write(piece);
    socket.uncork();
    return;
  }
  const bytes = Buffer.allocUnsafe(head.length + length);
  let at = bytes.write(head, 'latin1');
  for (const piece of body) at += piece.copy(bytes, at);
  socket.write(bytes);
}

/** Framing and `Host` are this client's own business. */
const OWN = new Set(['content-length', 'transfer-encoding', 'connection', 'host', 'expect', 'upgrade']);

function learn(name: string): void {
  if (!TOKEN.test(name) || OWN.has(name.toLowerCase()))
    throw new TypeError(`A request may not have the header ${JSON.stringify(name)}.`);
  if (names.size < 1_000) names.add(name);
}
