import type { StringVisitor } from '../json/cursor.ts';

/** Bytes of English text a token holds, on average. Off by about 18 % against the providers' own counts. */
const BYTES_PER_TOKEN = 4;
/** What an image or a file in the prompt counts for. */
const BINARY_TOKENS = 1_000;
/** A string that is longer and has no space near its start is an image or a file. */
const BINARY_BYTES_MIN = 4_096;
const SPACE = 0x20;

/** @param textBytes bytes of the model's output */
export function estimateOutputTokens(textBytes: number): number {
  return Math.ceil(textBytes / BYTES_PER_TOKEN);
}

/** The input tokens of a request, as long as nobody has told them: its strings, without the keys, by length. */
export class PromptEstimate implements StringVisitor {
  #textBytes = 0;
  #binaries = 0;

  get tokens(): number {
    return this.#binaries * BINARY_TOKENS + Math.ceil(this.#textBytes / BYTES_PER_TOKEN);
  }

  visit(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length >= BINARY_BYTES_MIN && !hasSpace(bytes, start, start + BINARY_BYTES_MIN)) this.#binaries++;
    else this.#textBytes += length;
  }
}

/** Looks no further: without a space the rest of the body would be searched for each such string. */
function hasSpace(body: Buffer, from: number, to: number): boolean {
  return body.subarray(from, to).includes(SPACE);
}
