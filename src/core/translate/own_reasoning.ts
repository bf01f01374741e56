import { Cursor } from '../json/cursor.ts';
import { applyEdits, type Edit } from '../json/request.ts';
import { MARK } from './signature.ts';

const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

/**
 * Takes the reasoning items out of a request's `input` that the gateway made itself, from the answer of an upstream that
 * has only chat completions: the next turn may well go to one that has responses, and OpenAI refuses the whole request
 * for an `encrypted_content` that it cannot decrypt.
 * @param body a request that has been read; every other byte of it stays as it is
 */
export function withoutOwnReasoning(body: Buffer): Buffer {
  const cursor = new Cursor(body, Number.POSITIVE_INFINITY);
  const edits: Edit[] = [];
  for (let more = cursor.enterObject(); more; more = cursor.next()) {
    const { start, end } = cursor.key();
    const isList = cursor.peek() === OPEN_BRACKET;
    if (isList && body.toString('latin1', start, end) === '"input"') edits.push(...editsFor(cursor));
    else cursor.value(1);
  }
  return applyEdits(body, edits);
}

/** @param cursor stands before the list, and then behind it */
function editsFor(cursor: Cursor): Edit[] {
  const { bytes } = cursor;
  const start = ++cursor.at;
  const kept: string[] = [];
  let items = 0;
  if (cursor.takes(CLOSE_BRACKET)) return [];
  do {
    cursor.peek();
    const from = cursor.at;
    cursor.value(2);
    items++;
    const item = bytes.toString('utf8', from, cursor.at);
    if (!isOwnReasoning(item)) kept.push(item);
  } while (cursor.takes(COMMA));
  cursor.expect(CLOSE_BRACKET);
  return kept.length === items ? [] : [{ start, end: cursor.at - 1, text: kept.join() }];
}

function isOwnReasoning(item: string): boolean {
  if (!item.startsWith('{') || !item.includes(MARK)) return false;
  const { type, encrypted_content: content } = JSON.parse(item) as Record<string, unknown>;
  return type === 'reasoning' && typeof content === 'string' && content.startsWith(MARK);
}
