import { messages } from '../../src/core/dialects/anthropic.ts';
import type { Api } from '../../src/core/dialects/api.ts';
import { chat } from '../../src/core/dialects/openai.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { StreamMeter } from '../../src/core/meter/stream.ts';
import { chatMessages } from '../../src/core/translate/chat_messages/translation.ts';
import { messagesChat } from '../../src/core/translate/messages_chat/translation.ts';
import { TranslatedStream } from '../../src/core/translate/stream.ts';
import type { AnswerTranslation, JsonObject, Translation } from '../../src/core/translate/translation.ts';
import { BURST_CASE, bodyOf } from '../case.ts';
import { type MicroResult, measure, type Work } from './micro.ts';

const TIMES = 2_000;
const EVENT_BYTES_MAX = 65_536;
const NO_COUNTS = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

/** An answer of the simulator's, event by event, is translated for a client of the other dialect. */
export async function pattern(share: number, upstreamUrl: string): Promise<MicroResult[]> {
  const ways = [
    ['chat_messages', chat, messages, chatMessages],
    ['messages_chat', messages, chat, messagesChat],
  ] as const;
  const results: MicroResult[] = [];
  for (const [name, client, upstream, translation] of ways) {
    const events = await record(upstream, upstreamUrl);
    const work = (learns: boolean): Work =>
      translating(client, upstream, () => open(translation, learns), events);
    const { ours, other } = await measure(TIMES * share, work(true), work(false));
    results.push({
      name: 'pattern',
      claim: `${name}: events translated by the bytes around their text (\`core/translate/pattern.ts\`), against parsing each; with the meter`,
      unit: 'µs a chunk',
      ours: perChunk(ours),
      other: perChunk(other),
    });
  }
  return results;
}

const perChunk = ({ median, min, max }: MicroResult['ours']): MicroResult['ours'] => ({
  median: median / BURST_CASE.chunks,
  min: min / BURST_CASE.chunks,
  max: max / BURST_CASE.chunks,
});

async function record({ name, path }: Api, upstreamUrl: string): Promise<Buffer[]> {
  const response = await fetch(upstreamUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: bodyOf(BURST_CASE, { api: name === 'chat' ? 'chat' : 'messages', model: 'simulated' }),
  });
  return (await response.text()).split(/(?<=\n\n)/).map((event) => Buffer.from(event));
}

function open(translation: Translation, learns: boolean): AnswerTranslation {
  const request: JsonObject = {
    model: 'simulated',
    stream: true,
    max_tokens: 1_000,
    messages: [{ role: 'user', content: 'Go on.' }],
  };
  const { answer } = translation.open(request, {
    model: 'simulated',
    maxTokensDefault: 1_000,
    id: 'id',
    now: 0,
  });
  if (learns) return answer;
  return {
    ...answer,
    stream(emit) {
      const translator = answer.stream(emit);
      return { push: (event) => translator.push(event), end: () => translator.end() };
    },
  };
}

function translating(
  client: Api,
  upstream: Api,
  translated: () => AnswerTranslation,
  events: readonly Buffer[],
): Work {
  const exchange = { api: client, requestId: 'id' } as Exchange;
  return (times) => {
    for (let i = 0; i < times; i++) {
      const meter = new StreamMeter(upstream, { ...NO_COUNTS }, false);
      const stream = new TranslatedStream(meter, exchange, translated(), EVENT_BYTES_MAX);
      for (const event of events) stream.push(event, []);
      stream.finish([]);
      stream.settle(false);
    }
  };
}
