import { ProxyError } from '../../errors.ts';
import { isObject, listOf, textOf } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import type { Block, Blocks } from './blocks.ts';
import { idForClient } from './callid.ts';
import type { ToolNames } from './toolnames.ts';

/** More than any model makes in one answer. */
const CALLS_MAX = 1024;

interface Call {
  /** The upstream's; '' if it gave none. */
  readonly id: string;
  /** Undefined until its name has come. */
  block: Block | undefined;
}

/** The tool calls of one answer. Finds out to which of them each part belongs. */
export class Calls {
  readonly #blocks: Blocks;
  readonly #names: ToolNames;
  readonly #idBase: string;
  readonly #known = new Map<unknown, Call>();
  readonly #ids = new Set<string>();
  #last: Call | undefined;
  #found = 0;
  /** Calls that the client has been told of. */
  count = 0;

  /** @param idBase from which the ids are made that the upstream does not give */
  constructor(blocks: Blocks, names: ToolNames, idBase: string) {
    this.#blocks = blocks;
    this.#names = names;
    this.#idBase = idBase;
  }

  /** @param message or a part of one: `tool_calls`, or `function_call` of the time before there could be several */
  read(message: JsonObject): void {
    if (message.tool_calls !== undefined) for (const part of listOf(message.tool_calls)) this.#push(part);
    if (isObject(message.function_call)) this.#push({ index: 0, function: message.function_call });
  }

  #push(part: JsonObject): void {
    const called = isObject(part.function) ? part.function : {};
    const id = textOf(part.id);
    const name = textOf(called.name);
    const call = this.#find(part.index, id, name);
    if (call.block === undefined) {
      // Arguments of no known function are as good as absent.
      if (name === '') return;
      call.block = this.#begin(call.id || id, name, part);
    }
    const text = argumentsOf(called);
    if (text !== '') this.#blocks.write(call.block, text);
  }

  /**
   * OpenAI numbers the calls. Gemini does not, and sends each whole; others give all the same number, or tell the id and
   * the name again in each part.
   */
  #find(index: unknown, id: string, name: string): Call {
    const numbered = typeof index === 'number';
    const known = numbered ? this.#known.get(index) : id === '' ? undefined : this.#known.get(id);
    if (known !== undefined && !(id !== '' && name !== '' && known.id !== '' && id !== known.id)) {
      this.#last = known;
      return known;
    }
    if (!numbered && name === '' && this.#last !== undefined) return this.#last;
    if (++this.#found > CALLS_MAX) {
      throw new ProxyError('upstream_invalid', { message: `There are more than ${CALLS_MAX} tool calls.` });
    }
    const call: Call = { id, block: undefined };
    this.#last = call;
    if (numbered || id !== '') this.#known.set(numbered ? index : id, call);
    return call;
  }

  #begin(id: string, name: string, { extra_content: extra }: JsonObject): Block {
    this.count++;
    const google = isObject(extra) && isObject(extra.google) ? extra.google : {};
    const own = id !== '' && !this.#ids.has(id) ? id : `toolu_${this.#idBase}_${this.count}`;
    this.#ids.add(own);
    const thoughtSignature = textOf(google.thought_signature) || undefined;
    return this.#blocks.call(idForClient({ id: own, thoughtSignature }), this.#names.toClient(name));
  }
}

/** Some servers give the arguments as an object. */
function argumentsOf({ arguments: given }: JsonObject): string {
  return isObject(given) ? JSON.stringify(given) : textOf(given);
}
