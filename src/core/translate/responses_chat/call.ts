import { isObject } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import type { Status } from './message.ts';
import type { Tool } from './tools.ts';
import type { ItemWriter, Writer } from './writer.ts';

/** An output item that is a call. The input of a custom tool comes in one piece, because it has to be unwrapped. */
export class CallItem {
  readonly #tool: Tool;
  readonly #callId: string;
  readonly #writer: Writer;
  readonly #item: ItemWriter;
  #arguments = '';

  constructor(writer: Writer, callId: string, tool: Tool) {
    this.#tool = tool;
    this.#callId = callId;
    this.#writer = writer;
    this.#item = writer.begin(tool.custom ? 'ctc' : 'fc', (id) => this.#describe(id, 'in_progress', ''));
  }

  add(args: string): void {
    this.#arguments += args;
    if (this.#tool.custom) this.#writer.keep(args);
    else this.#item.delta('function_call_arguments', args);
  }

  end(status: Status): void {
    const { name, custom } = this.#tool;
    // Gemini says nothing for a function without parameters, and clients parse what they get.
    if (!custom && this.#arguments === '') this.add('{}');
    const input = custom ? inputOf(this.#arguments) : this.#arguments;
    if (custom) {
      this.#item.add('custom_tool_call_input.delta', { delta: input });
      this.#item.add('custom_tool_call_input.done', { input });
    } else this.#item.add('function_call_arguments.done', { name, arguments: input });
    this.#item.end(this.#describe(this.#item.id, status, input));
  }

  #describe(id: string, status: Status, input: string): JsonObject {
    const { custom, name, namespace } = this.#tool;
    return {
      id,
      type: custom ? 'custom_tool_call' : 'function_call',
      status,
      call_id: this.#callId,
      name,
      ...(namespace !== undefined && { namespace }),
      [custom ? 'input' : 'arguments']: input,
    };
  }
}

/** The input of a custom tool. A model that does not keep to the function's parameters may well have written it bare. */
function inputOf(args: string): string {
  try {
    const parsed: unknown = JSON.parse(args);
    return isObject(parsed) && typeof parsed.input === 'string' ? parsed.input : args;
  } catch {
    return args;
  }
}
