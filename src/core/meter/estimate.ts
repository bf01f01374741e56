import { endOfString } from '../json/cursor.ts';

/** Bytes of English text a token holds, on average. Off by about 18 % against the providers' own counts. */
const BYTES_PER_TOKEN = 4;
/** What an image or a file in the prompt counts for. */
const BINARY_TOKENS = 1_000;
/** A string that is longer and has no space near its start is an image or a file. */
const BINARY_BYTES_MIN = 4_096;
const SPACE = 0x20;
const QUOTE = 0x22;
const COLON = 0x3a;

/** @param textBytes bytes of the model's output */
export function estimateOutputTokens(textBytes: number): number {
  return Math.ceil(textBytes / BYTES_PER_TOKEN);
}

/**
 * The input tokens of a request, as long as nobody has told them: its strings, without the keys, by length. It runs once
 * for each request, and looks at every string of it. @param body valid JSON
 */
export function estimatePromptTokens(body: Buffer): number {
  let textBytes = 0;
  let tokens = 0;
  for (let i = body.indexOf(QUOTE); i >= 0; ) {
    const end = endOfString(body, i + 1);
    if (end < 0) break;
    const length = end - i - 1;
    if (body[end + 1] === COLON) {
      // A key.
    } else if (length >= BINARY_BYTES_MIN && !hasSpace(body, i, i + BINARY_BYTES_MIN))
      tokens += BINARY_TOKENS;
    else textBytes += length;
    i = body.indexOf(QUOTE, end + 1);
  }
  return tokens + Math.ceil(textBytes / BYTES_PER_TOKEN);
}

function hasSpace(body: Buffer, from: number, to: number): boolean {
  const space = body.indexOf(SPACE, from);
  return space >= 0 && space < to;
}
