import { countTokens, setMergeCacheSize } from 'gpt-tokenizer/encoding/o200k_base';

/*
 * The only file that loads the library: 70 MB of tables. The thread does, and nothing else.
 */

/** Characters of text that are really counted; longer ones are sampled. */
export const COUNTED_CHARS_MAX = 65_536;
/** Of those, in one stretch. */
const STRETCH_CHARS = 4_096;
/**
 * Byte-pair merging takes time by the square of a word's length: 20,000 times the same letter take a quarter of a
 * second. Longer words are cut, which costs less than a token each time.
 */
const WORD_CHARS = 128;
const LONG_WORDS = new RegExp(`\\S{${WORD_CHARS}}(?=\\S)|\\s{${WORD_CHARS}}(?=\\s)`, 'gu');
/** The library remembers words. Its own limit is 100,000, whatever their length. */
const WORDS_REMEMBERED = 10_000;
/** What looks like a control token is text here, and not a reason to throw. */
const AS_TEXT = { disallowedSpecial: new Set<string>() };

setMergeCacheSize(WORDS_REMEMBERED);

/** Tokens of o200k_base in a text, or in so much of it as is counted, scaled. Never throws. */
export function countText(text: string): number {
  if (text.length <= COUNTED_CHARS_MAX) return countAll(text);
  const stretches = COUNTED_CHARS_MAX / STRETCH_CHARS;
  const step = (text.length - STRETCH_CHARS) / (stretches - 1);
  let tokens = 0;
  for (let i = 0; i < stretches; i++) {
    const start = Math.floor(i * step);
    tokens += countAll(text.slice(start, start + STRETCH_CHARS));
  }
  return Math.round((tokens * text.length) / COUNTED_CHARS_MAX);
}

function countAll(text: string): number {
  let tokens = 0;
  let from = 0;
  for (const { 0: word, index } of text.matchAll(LONG_WORDS)) {
    const to = index + word.length;
    tokens += countTokens(text.slice(from, to), AS_TEXT);
    from = to;
  }
  return tokens + countTokens(from === 0 ? text : text.slice(from), AS_TEXT);
}
