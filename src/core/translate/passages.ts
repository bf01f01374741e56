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

/** `direct`: the upstream has that API. `own`: the gateway answers itself. */
export type Way = 'direct' | 'own' | Passage;

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

/** By the client's API and the upstream's dialect, best way first; none: it cannot be reached. */
export const WAYS: Readonly<Record<ApiName, Readonly<Record<DialectName, readonly Way[]>>>> = {
  chat: { openai: ['direct'], anthropic: [chatThroughMessages] },
  messages: { openai: [messagesThroughChat], anthropic: ['direct'] },
  responses: { openai: ['direct', responsesThroughChat], anthropic: [responsesThroughMessages] },
  count_tokens: { openai: ['own'], anthropic: ['direct', 'own'] },
  embeddings: { openai: ['direct'], anthropic: [] },
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
