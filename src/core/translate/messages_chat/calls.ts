import { isObject, textOf } from '../read.ts';
import { type CallPart, callPartsOf, FoundCalls } from '../toolcalls.ts';
import type { ToolNames } from '../toolnames.ts';
import type { JsonObject } from '../translation.ts';
import type { Block, Blocks } from './blocks.ts';
import { idForClient } from './callid.ts';

/** The tool calls of one answer, on their way to the client. */
export class Calls {
  readonly #blocks: Blocks;
  readonly #names: ToolNames;
  readonly #found: FoundCalls<Block>;

  /** @param exchangeId from which the ids are made that the upstream does not give */
  constructor(blocks: Blocks, names: ToolNames, exchangeId: string) {
    this.#blocks = blocks;
    this.#names = names;
    this.#found = new FoundCalls('toolu', exchangeId);
  }

  /** Calls that the client has been told of. */
  get count(): number {
    return this.#found.count;
  }

  /** @param message or a part of one */
  read(message: JsonObject): void {
    if (message.tool_calls === undefined && message.function_call === undefined) return;
    for (const part of callPartsOf(message)) this.#push(part);
  }

  #push(part: CallPart): void {
    const call = this.#found.find(part);
    if (call.begun === undefined) {
      // Arguments of no known function are as good as absent.
      if (part.name === '') return;
      const google = isObject(part.extra?.google) ? part.extra.google : {};
      const thoughtSignature = textOf(google.thought_signature) || undefined;
      const id = idForClient({ id: this.#found.name(call), thoughtSignature });
      call.begun = this.#blocks.call(id, this.#names.toClient(part.name));
    }
    if (part.arguments !== '') this.#blocks.write(call.begun, part.arguments);
  }
}
