import { ProxyError } from '../errors.ts';
import { isTooDeep } from './depth.ts';
import { isObject, listOf, textOf } from './read.ts';
import type { JsonObject } from './translation.ts';

/** More than any model makes in one answer. */
const CALLS_MAX = 1024;
/** Of the end of the exchange's id, which is random: OpenAI takes no ids of more than 40 characters. */
const MADE_ID_CHARS = 20;

/** A tool call, or a part of one, as an upstream writes it. */
export interface CallPart {
  readonly index: unknown;
  /** '' for none. */
  readonly id: string;
  /** '' for none. */
  readonly name: string;
  readonly arguments: string;
  /** `extra_content`, where Gemini has its thought signatures. */
  readonly extra: JsonObject | undefined;
}

/** @param message or a part of one: `tool_calls`, or `function_call` of the time before there could be several */
export function callPartsOf(message: JsonObject): readonly CallPart[] {
  const parts = message.tool_calls === undefined ? [] : listOf(message.tool_calls).map(partOf);
  return isObject(message.function_call)
    ? [...parts, partOf({ index: 0, function: message.function_call })]
    : parts;
}

function partOf({ index, id, function: given, extra_content: extra }: JsonObject): CallPart {
  const called = isObject(given) ? given : {};
  return {
    index,
    id: textOf(id),
    name: textOf(called.name),
    arguments: argumentsOf(called),
    extra: isObject(extra) && !isTooDeep(extra) ? extra : undefined,
  };
}

/** Some servers give the arguments as an object. */
function argumentsOf({ arguments: given }: JsonObject): string {
  return isObject(given) && !isTooDeep(given) ? JSON.stringify(given) : textOf(given);
}

/** A call of an answer. It begins for the client when its name has come. */
export interface FoundCall<Begun> {
  /** The upstream's; '' until it has given one. */
  id: string;
  /** Arguments that came before the name. */
  early: string;
  begun: Begun | undefined;
}

/** The tool calls of one answer. Finds out to which of them each part belongs. */
export class FoundCalls<Begun> {
  readonly #idBase: string;
  /** In the order in which they came. */
  readonly all: FoundCall<Begun>[] = [];
  /** By the upstream's number, or by id where it gives none. */
  readonly #known = new Map<unknown, FoundCall<Begun>>();
  readonly #ids = new Set<string>();
  #last: FoundCall<Begun> | undefined;
  /** Calls that have begun. */
  count = 0;

  /** @param prefix of the ids that are made where the upstream gives none @param exchangeId from which they are made */
  constructor(prefix: string, exchangeId: string) {
    this.#idBase = `${prefix}_${exchangeId.replace(/[^a-zA-Z0-9_]/g, '').slice(-MADE_ID_CHARS)}`;
  }

  /**
   * OpenAI numbers the calls. Gemini does not, and sends each whole; others give all the same number, or tell the id and
   * the name again in each part.
   * @throws ProxyError `upstream_invalid` for too many calls
   */
  find({ index, id, name }: CallPart): FoundCall<Begun> {
    const numbered = typeof index === 'number';
    const known = numbered ? this.#known.get(index) : id === '' ? undefined : this.#known.get(id);
    const another = id !== '' && name !== '' && known?.id !== '' && id !== known?.id;
    if (known !== undefined && !another) {
      known.id ||= id;
      this.#last = known;
      return known;
    }
    if (!numbered && name === '' && this.#last !== undefined) return this.#last;
    if (this.all.length === CALLS_MAX) {
      throw new ProxyError('upstream_invalid', { message: `There are more than ${CALLS_MAX} tool calls.` });
    }
    const call: FoundCall<Begun> = { id, early: '', begun: undefined };
    this.all.push(call);
    this.#last = call;
    if (numbered || id !== '') this.#known.set(numbered ? index : id, call);
    return call;
  }

  /** The id for a call that begins: its own, or one that is made where it has none or shares it. */
  name({ id }: FoundCall<Begun>): string {
    this.count++;
    const own = id !== '' && !this.#ids.has(id) ? id : `${this.#idBase}_${this.count}`;
    this.#ids.add(own);
    return own;
  }
}
