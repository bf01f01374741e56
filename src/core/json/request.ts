import { isUtf8 } from 'node:buffer';
import { invalidField, ProxyError } from '../errors.ts';
import { Cursor, type StringVisitor } from './cursor.ts';

/** A stretch of bytes. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What the gateway reads of a request body, and where its bytes stand. */
export interface RequestFields {
  readonly model: string;
  readonly modelAt: Range;
  readonly stream: boolean;
  /** `stream_options.include_usage` is true. */
  readonly includeUsage: boolean;
  /** What to replace, and by what, so that `include_usage` becomes true. */
  readonly includeUsageEdit: Edit;
  /** Whether the answer is to be fetched later (responses). */
  readonly background: boolean;
  /** Whether there is an `input`. */
  readonly hasInput: boolean;
  readonly toolsAt: Range | undefined;
}

/** Replace the bytes of a range, which may be empty. */
export interface Edit extends Range {
  readonly bytes: Buffer;
}

const MODEL_CHARACTERS_MAX = 256;
const FIELDS: ReadonlySet<string> = new Set([
  'model',
  'models',
  'stream',
  'stream_options',
  'background',
  'input',
  'tools',
]);
const OPTIONS: ReadonlySet<string> = new Set(['include_usage']);
const USAGE_MEMBER = Buffer.from('"include_usage":true');
const USAGE_MEMBER_FIRST = Buffer.from('"include_usage":true,');
const OPTIONS_VALUE = Buffer.from('{"include_usage":true}');
const OPTIONS_MEMBER_FIRST = Buffer.from('"stream_options":{"include_usage":true},');
const TRUE = Buffer.from('true');
/** In lower case and without escapes: nobody takes it for another name. */
const PLAIN_NAME = /^[a-z0-9_-]*$/;
/** `stream_options` with each letter written as \\u and four digits. */
const LONGEST_SPELLING_BYTES = 14 * 6;

/**
 * Reads the few fields of a request that decide its way, and checks that the whole body is JSON that nobody can read
 * in two ways: a field that is read here may stand there only once, and not in an escaped spelling.
 * @param depthMax deepest nesting of arrays and objects
 * @param visitor is shown all strings of the body
 * @throws ProxyError `unsupported_encoding`, `invalid_json`, `duplicate_key`, `body_too_deep`, `invalid_field`
 */
export function readRequest(body: Buffer, depthMax: number, visitor?: StringVisitor): RequestFields {
  if (!isUtf8(body)) throw new ProxyError('unsupported_encoding');
  const cursor = new Cursor(body, depthMax, visitor);
  let model: Range | undefined;
  let stream: Range | undefined;
  let options: Range | undefined;
  let background: Range | undefined;
  let input: Range | undefined;
  let tools: Range | undefined;
  let optionsFields: OptionsFields | undefined;

  if (cursor.peek() !== 0x7b) cursor.fail();
  const first = cursor.at + 1;
  for (let more = cursor.enterObject(); more; more = cursor.next()) {
    const name = fieldName(body, cursor.key(), FIELDS);
    const start = cursor.at;
    if (name === 'stream_options' && cursor.peek() === 0x7b) optionsFields = readOptions(cursor);
    else cursor.value(1);
    const range = { start, end: cursor.at };
    if (name === 'model') model = once(name, model, range);
    else if (name === 'stream') stream = once(name, stream, range);
    else if (name === 'models' && body.toString('latin1', start, Math.min(range.end, start + 4)) !== 'null') {
      // Some upstreams take it for a list of models to fall back to.
      throw invalidField('models', 'is not supported: the plan decides which model answers');
    } else if (name === 'stream_options') options = once(name, options, range);
    else if (name === 'background') background = once(name, background, range);
    else if (name === 'input') input = range;
    else if (name === 'tools') tools = range;
  }
  cursor.end();

  if (model === undefined) throw invalidField('model', 'is required');
  return {
    model: readModel(body, model),
    modelAt: model,
    stream: stream !== undefined && readFlag(body, stream, 'stream'),
    includeUsage: optionsFields?.includeUsage ?? false,
    includeUsageEdit: optionsFields?.edit ?? editForOptions(body, options, first),
    background: background !== undefined && readFlag(body, background, 'background'),
    hasInput: input !== undefined,
    toolsAt: tools,
  };
}

interface OptionsFields {
  readonly includeUsage: boolean;
  readonly edit: Edit;
}

function readOptions(cursor: Cursor): OptionsFields {
  const first = cursor.at + 1;
  let usage: Range | undefined;
  let empty = true;
  for (let more = cursor.enterObject(); more; more = cursor.next()) {
    const name = fieldName(cursor.bytes, cursor.key(), OPTIONS);
    const start = cursor.at;
    cursor.value(2);
    empty = false;
    if (name === 'include_usage')
      usage = once('stream_options.include_usage', usage, { start, end: cursor.at });
  }
  if (usage === undefined) {
    const bytes = empty ? USAGE_MEMBER : USAGE_MEMBER_FIRST;
    return { includeUsage: false, edit: { start: first, end: first, bytes } };
  }
  const includeUsage = readFlag(cursor.bytes, usage, 'stream_options.include_usage');
  return { includeUsage, edit: { ...usage, bytes: TRUE } };
}

/** @param first position after the opening brace of the body, which is not empty: it holds a model */
function editForOptions(body: Buffer, options: Range | undefined, first: number): Edit {
  if (options === undefined) return { start: first, end: first, bytes: OPTIONS_MEMBER_FIRST };
  if (body.toString('latin1', options.start, options.end) !== 'null') {
    throw invalidField('stream_options', 'must be an object');
  }
  return { ...options, bytes: OPTIONS_VALUE };
}

/**
 * The name if it is one of these, else ''. Names that another reader might take for one of these are refused: escaped
 * ones, and those in other case, which Go's JSON reader takes (U+017F and U+212A are an s and a k to it).
 */
function fieldName(body: Buffer, { start, end }: Range, names: ReadonlySet<string>): string {
  if (end - start - 2 > LONGEST_SPELLING_BYTES) return '';
  const name = body.toString('latin1', start + 1, end - 1);
  if (names.has(name)) return name;
  if (PLAIN_NAME.test(name)) return '';
  const spelled = unescaped(body, start, end)
    .toLowerCase()
    .replaceAll('\u017f', 's')
    .replaceAll('\u212a', 'k');
  if (!names.has(spelled)) return '';
  throw new ProxyError('duplicate_key', {
    message: `Write the key "${spelled}" in lower case and without escapes.`,
    param: spelled,
  });
}

function once(name: string, earlier: Range | undefined, range: Range): Range {
  if (earlier === undefined) return range;
  throw new ProxyError('duplicate_key', { message: `The request body gives "${name}" twice.`, param: name });
}

function readModel(body: Buffer, { start, end }: Range): string {
  if (body[start] !== 0x22) throw invalidField('model', 'must be a string');
  if (end - start > MODEL_CHARACTERS_MAX * 6)
    throw invalidField('model', `is longer than ${MODEL_CHARACTERS_MAX} characters`);
  const model = unescaped(body, start, end);
  if (model.length > MODEL_CHARACTERS_MAX)
    throw invalidField('model', `is longer than ${MODEL_CHARACTERS_MAX} characters`);
  return model;
}

function readFlag(body: Buffer, { start, end }: Range, name: string): boolean {
  const text = end - start > 5 ? '' : body.toString('latin1', start, end);
  if (text === 'true') return true;
  if (text === 'false' || text === 'null') return false;
  throw invalidField(name, 'must be true or false');
}

function unescaped(body: Buffer, start: number, end: number): string {
  try {
    return JSON.parse(body.toString('utf8', start, end)) as string;
  } catch {
    throw new ProxyError('invalid_json');
  }
}

/**
 * A body with edits, without a copy of it: views of what stays, and what is put in between.
 * @param edits in the order of their places, which do not overlap
 */
export function splice(body: Buffer, edits: readonly Edit[]): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { start, end, bytes } of edits) {
    if (start > from) pieces.push(body.subarray(from, start));
    pieces.push(bytes);
    from = end;
  }
  if (from < body.length) pieces.push(body.subarray(from));
  return pieces;
}
