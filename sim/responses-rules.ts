import { Refusal } from './dialect.ts';
import type { Item, ResponsesRequest } from './responses-request.ts';
import { isSealed } from './signature.ts';

/* What no schema can say, in the words of the real API as far as they are known from reports of its users. */

function refuse(message: string, param: string, code?: string): never {
  throw new Refusal(400, message, { param, ...(code !== undefined && { code }) });
}

/** @throws {Refusal} */
export function judgeResponses(request: ResponsesRequest): void {
  const { input, stream, stream_options, tools = [], tool_choice, previous_response_id } = request;
  if (stream_options && !stream) {
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
  }
  // The other half of a pair may be in the response that came before.
  if (Array.isArray(input)) judgeCalls(input, previous_response_id != null);
  if (typeof tool_choice === 'object' && tool_choice.type === 'function') {
    if (!tools.some(({ type, name }) => type === 'function' && name === tool_choice.name)) {
      refuse(`Tool choice '${tool_choice.name}' not found in 'tools' parameter.`, 'tool_choice');
    }
  }
}

function judgeCalls(items: readonly Item[], continues: boolean): void {
  const open = new Set<string>();
  const calls = new Set<string>();
  for (const item of items) {
    if (item.type === 'function_call' || item.type === 'custom_tool_call') {
      calls.add(item.call_id);
      open.add(item.call_id);
    } else if (item.type === 'function_call_output' || item.type === 'custom_tool_call_output') {
      if (!calls.has(item.call_id) && !continues) {
        refuse(`No tool call found for function call output with call_id ${item.call_id}.`, 'input');
      }
      open.delete(item.call_id);
    }
  }
  const [left] = open;
  if (left !== undefined) refuse(`No tool output found for function call ${left}.`, 'input');
}

/** Refuses encrypted reasoning that this vendor did not write. @throws {Refusal} */
export function judgeEncrypted(input: ResponsesRequest['input']): void {
  if (typeof input === 'string') return;
  for (const item of input) {
    if (item.type !== 'reasoning' || item.encrypted_content == null || isSealed(item.encrypted_content))
      continue;
    refuse(
      `The encrypted content ${item.encrypted_content.slice(0, 8)}... could not be verified.`,
      'input',
      'invalid_encrypted_content',
    );
  }
}
