import { messages } from '../dialects/anthropic.ts';
import type { Api } from '../dialects/api.ts';
import { chat } from '../dialects/openai.ts';
import type { Awaitable } from '../plugin.ts';
import type { ApiName, DialectName } from '../types.ts';
import type { TranslatedCall } from './call.ts';
import type { Translation } from './translation.ts';

/** How the requests to one API get through another one. */
export interface Passage {
  /** Of the upstream. */
  readonly api: Api;
  readonly load: () => Promise<Translation>;
}

/** How the requests to one API get to an upstream; neither: not at all. */
export interface Way {
  /** Upstreams of that dialect have that very API. Or most of them: then there is an indirect way, too. */
  readonly direct?: true;
  /** `own`: the gateway answers itself. */
  readonly indirect?: Passage | 'own';
}

const chatThroughMessages: Passage = {
  api: messages,
  load: async () => (await import('./chat_messages/translation.ts')).chatMessages,
};
const messagesThroughChat: Passage = {
  api: chat,
  load: async () => (await import('./messages_chat/translation.ts')).messagesChat,
};
const responsesThroughChat: Passage = {
  api: chat,
  load: async () => (await import('./responses_chat/translation.ts')).responsesChat,
};
const responsesThroughMessages: Passage = {
  api: messages,
  load: async () => (await import('./responses_messages.ts')).responsesMessages,
};

/** By the client's API and the upstream's dialect. */
export const WAYS: Readonly<Record<ApiName, Readonly<Record<DialectName, Way>>>> = {
  chat: { openai: { direct: true }, anthropic: { indirect: chatThroughMessages } },
  messages: { openai: { indirect: messagesThroughChat }, anthropic: { direct: true } },
  responses: {
    openai: { direct: true, indirect: responsesThroughChat },
    anthropic: { indirect: responsesThroughMessages },
  },
  count_tokens: { openai: { indirect: 'own' }, anthropic: { direct: true, indirect: 'own' } },
  embeddings: { openai: { direct: true }, anthropic: {} },
};

/** A translation that has been loaded. */
export interface Loaded {
  readonly translation: Translation;
  readonly TranslatedCall: typeof TranslatedCall;
}

const loaded = new Map<Passage, Loaded>();

/**
 * Translations are loaded when first used: where both sides speak the same, none ever is. After the first time there
 * is no promise.
 */
export function load(passage: Passage): Awaitable<Loaded> {
  return loaded.get(passage) ?? loadOnce(passage);
}

async function loadOnce(passage: Passage): Promise<Loaded> {
  const [translation, { TranslatedCall }] = await Promise.all([passage.load(), import('./call.ts')]);
  const both = { translation, TranslatedCall };
  loaded.set(passage, both);
  return both;
}
