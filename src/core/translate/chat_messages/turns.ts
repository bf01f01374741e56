import { invalidField } from '../../errors.ts';
import { type Block, type Piece, type Turn, textBlock } from './blocks.ts';

/** For conversations that do not begin with the user, such as histories that a client has cut. */
const OPENING = textBlock('(The conversation begins.)');
/** For a result that came after its turn and now stands in front of it. */
const ABOVE = textBlock('(The result of the call is given above.)');
/** For calls that a client left unanswered, as after an interruption. */
const UNANSWERED = 'No result was given for this call.';

/** For models that answer the user only, where a client wants the last message of the assistant continued. */
const GO_ON = textBlock('Go on exactly where your last message ends, and repeat nothing of it.');

const ID_CHARS_SHOWN = 64;

export interface Conversation {
  readonly system: readonly Block[];
  readonly turns: readonly Turn[];
}

interface Call {
  /** Fit for Anthropic, and unlike the others. */
  readonly id: string;
  result: Block | undefined;
}

interface Draft extends Turn {
  /** Of an assistant's turn, in order. */
  readonly calls: Call[];
}

/**
 * Puts what was said into turns as Anthropic wants them: user and assistant by turns, the user first, and the results of
 * all of a turn's calls at the beginning of the next one.
 * @param prefill whether a text of the assistant may be the last
 * @throws ProxyError `invalid_field` for a result without a call, or when nothing was said at all
 */
export function arrange(pieces: readonly Piece[], prefill: boolean): Conversation {
  const start = pieces.findIndex(({ role }) => role !== 'system');
  const split = start < 0 ? pieces.length : start;
  if (pieces.length === 0)
    throw invalidField('messages', 'must hold at least one message that says something');
  const turns = draft(pieces.slice(split));
  trimEnd(turns);
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [OPENING], calls: [] });
  const last = turns.at(-1)!;
  if (last.calls.length > 0) turns.push({ role: 'user', content: [], calls: [] });
  else if (last.role === 'assistant' && !prefill) turns.push({ role: 'user', content: [GO_ON], calls: [] });
  return {
    system: pieces.slice(0, split).map(({ block }) => block),
    turns: turns.map(({ role, content }, i) => {
      const all = [...(turns[i - 1]?.calls.map(resultOf) ?? []), ...content];
      return { role, content: all.length > 0 ? all : [ABOVE] };
    }),
  };
}

function draft(pieces: readonly Piece[]): Draft[] {
  const turns: Draft[] = [];
  const ids = new Ids();
  /** By the client's id. Some clients use an id again: it means the latest call. */
  const calls = new Map<string, Call>();
  const turnOf = (role: Turn['role']): Draft => {
    const last = turns.at(-1);
    if (last?.role === role) return last;
    const next: Draft = { role, content: [], calls: [] };
    turns.push(next);
    return next;
  };
  for (const { role, block, path } of pieces) {
    if (role === 'system') {
      turnOf('user').content.push({ ...block, text: `<system>\n${block.text}\n</system>` });
    } else if (block.type === 'tool_result') {
      const call = calls.get(block.tool_use_id as string);
      if (call === undefined) {
        const id = String(block.tool_use_id).slice(0, ID_CHARS_SHOWN);
        throw invalidField(path, `names a call that no message before it has: "${id}"`);
      }
      turnOf('user');
      call.result = { ...block, tool_use_id: call.id };
    } else if (block.type === 'tool_use') {
      const call: Call = { id: ids.fit(block.id as string), result: undefined };
      calls.set(block.id as string, call);
      const turn = turnOf('assistant');
      turn.calls.push(call);
      turn.content.push({ ...block, id: call.id });
    } else turnOf(role).content.push(block);
  }
  return turns;
}

/** A last text of the assistant is to be continued, and Anthropic refuses white space at its end. */
function trimEnd(turns: Draft[]): void {
  const last = turns.at(-1);
  const block = last?.content.at(-1);
  if (last?.role !== 'assistant' || block?.type !== 'text') return;
  last.content[last.content.length - 1] = { ...block, text: String(block.text).trimEnd() };
}

const resultOf = ({ id, result }: Call): Block =>
  result ?? { type: 'tool_result', tool_use_id: id, content: [textBlock(UNANSWERED)], is_error: true };

/** Ids of one request as Anthropic wants them: `^[a-zA-Z0-9_-]+$`, each once. The same history gets the same ids. */
class Ids {
  readonly #times = new Map<string, number>();

  fit(id: string): string {
    const plain = id.replace(/[^\w-]/g, '_') || 'call';
    const times = (this.#times.get(plain) ?? 0) + 1;
    this.#times.set(plain, times);
    return times === 1 ? plain : this.fit(`${plain}_${times}`);
  }
}
