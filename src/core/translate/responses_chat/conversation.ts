import { invalidField } from '../../errors.ts';
import { contentWith } from '../content.ts';
import { demandsReasoning, extraFor, fitId, withReasoning } from '../models.ts';
import { listOf } from '../read.ts';
import { IN_CONTENT } from '../reasoning.ts';
import type { JsonObject } from '../translation.ts';
import { isTextPart, joinText, type Part } from './parts.ts';

interface Call {
  /** The client's. */
  readonly id: string;
  /** As the upstream gets it. */
  readonly sent: JsonObject & { readonly id: string };
}

/** What the assistant says before somebody else says something. */
interface Turn {
  content: string;
  readonly reasoning: Record<string, unknown>;
  /** Reasoning of other models. */
  others: string;
  readonly calls: Call[];
  /** By the call's id. */
  readonly results: Map<string, readonly Part[]>;
}

/** Stands in for text, in the result of a call that has none. */
const BEHIND = '(See the next message of the user.)';

/** Of a call that was interrupted. Chat completions take none without a result. */
const NO_RESULT: readonly Part[] = [{ type: 'text', text: 'The call has no result.' }];

/**
 * The messages of a conversation, made from items. One message of the assistant holds its reasoning, its text and its
 * calls, which are items of their own here. The results of its calls stand right behind it, as chat completions want
 * it, wherever the client has them.
 */
export class Conversation {
  readonly #model: string;
  readonly #entries: (JsonObject | Turn)[] = [];
  /** To which more may belong; it is the last entry. */
  #open: Turn | undefined;
  readonly #extras = new Map<string, JsonObject>();
  /** By the ids of its calls. Some clients use an id again: it means the latest call. */
  readonly #turns = new Map<string, Turn>();

  /** @param model that is to go on with it */
  constructor(model: string) {
    this.#model = model;
  }

  /** A message of somebody else than the assistant. */
  say(message: JsonObject): void {
    this.#open = undefined;
    this.#entries.push(message);
  }

  /**
   * @param members of the assistant's message; none for the reasoning of another model
   * @param text of that one's
   */
  reasoning(members: JsonObject, text: string): void {
    const others = Object.keys(members).length === 0;
    if (others && !demandsReasoning(this.#model)) return;
    const open = this.#open;
    const turn =
      open !== undefined && (open.content !== '' || open.calls.length > 0) ? this.#begin() : this.#turn();
    addTo(turn.reasoning, members);
    if (others) turn.others += text;
  }

  assistant(text: string): void {
    const open = this.#open;
    const turn =
      open !== undefined && open.content !== '' && open.calls.length === 0 ? this.#begin() : this.#turn();
    turn.content = turn.content === '' ? text : `${turn.content}\n\n${text}`;
  }

  call(id: string, name: string, args: string): void {
    const turn = this.#turn();
    const sent = {
      id: fitId(id, this.#model),
      type: 'function',
      function: { name, arguments: args },
      ...extraFor(this.#model, this.#extras.get(id), turn.calls.length === 0),
    };
    turn.calls.push({ id, sent });
    this.#turns.set(id, turn);
  }

  /** @param extra `extra_content` of a call that comes later */
  extra(id: string, extra: JsonObject): void {
    this.#extras.set(id, extra);
  }

  /** @throws ProxyError `invalid_field` for a result without a call */
  result(id: string, output: readonly Part[], path: string): void {
    const turn = this.#turns.get(id);
    if (turn === undefined) throw invalidField(path, `is not the id of a call before it: "${id}"`);
    turn.results.set(id, output);
    this.#open = undefined;
  }

  get messages(): readonly JsonObject[] {
    return this.#entries.flatMap((entry) =>
      'results' in entry ? messagesOf(entry as Turn, this.#model) : [entry],
    );
  }

  #turn(): Turn {
    return this.#open ?? this.#begin();
  }

  #begin(): Turn {
    const turn: Turn = { content: '', reasoning: {}, others: '', calls: [], results: new Map() };
    this.#entries.push(turn);
    this.#open = turn;
    return turn;
  }
}

function messagesOf({ content, reasoning, others, calls, results }: Turn, model: string): JsonObject[] {
  // Reasoning that led to nothing is refused by those who take it.
  if (content === '' && calls.length === 0) return [];
  const { [IN_CONTENT]: inContent, ...members } = reasoning;
  const thoughts = listOf(inContent);
  const said = {
    role: 'assistant',
    content: thoughts.length > 0 ? contentWith(thoughts, content) : content === '' ? null : content,
    ...withReasoning(members, others, model),
    ...(calls.length > 0 && { tool_calls: calls.map(({ sent }) => sent) }),
  };
  const shown = [...results.values()].flat().filter((part) => !isTextPart(part));
  return [
    said,
    ...calls.map(({ id, sent }) => {
      const output = results.get(id) ?? NO_RESULT;
      const text = joinText(output, '\n') || (output.some((part) => !isTextPart(part)) ? BEHIND : '');
      return { role: 'tool', tool_call_id: sent.id, content: text };
    }),
    ...(shown.length > 0 ? [{ role: 'user', content: shown }] : []),
  ];
}

/** Puts the texts and lists of one object behind those of another. */
function addTo(out: Record<string, unknown>, more: JsonObject): void {
  for (const [name, value] of Object.entries(more)) {
    const before = out[name];
    if (!Array.isArray(value)) out[name] = typeof before === 'string' ? before + String(value) : value;
    else if (Array.isArray(before)) for (const entry of value) before.push(entry);
    else out[name] = [...value];
  }
}
