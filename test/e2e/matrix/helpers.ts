// The SDKs' own helpers over every kind of upstream: tool runners, and answers that are parsed by a schema.
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { generateText, jsonSchema, Output, streamText } from 'ai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import t from 'tap';
import { z } from 'zod';
import type { Script } from '../../../sim/script.ts';
import { AI_PROVIDERS } from '../../fixtures/ai-clients.ts';
import { MAX_TOKENS } from '../../fixtures/clients.ts';
import { type Ask, startMatrix } from '../../fixtures/matrix.ts';
import { SCHEMA } from '../../fixtures/parts.ts';
import { ANTHROPIC_SDKS, anthropicClient, openaiClient } from '../../fixtures/sdk.ts';

const PARAMETERS = {
  type: 'object',
  properties: { query: { type: 'string' } },
} as const;
const CALL = { name: 'find', arguments: { query: 'ä' } };
const LOOP: Script = { text: 'Let me see. ', tools: [CALL, CALL], next: { text: 'Found it all.' } };
const ANSWER = { answer: 'ä "quoted" one' };
const STRUCTURED: Script = { text: JSON.stringify(ANSWER) };
const answerSchema = z.object({ answer: z.string() });
const matrix = await startMatrix(t);

/** For helpers that make several requests on their own: each under the name of its turn. */
function numbered(first: Ask) {
  let turn: Ask | undefined;
  return (url: string | URL | Request, init: RequestInit = {}) => {
    turn = turn === undefined ? first : turn.next();
    const headers = new Headers(init.headers);
    headers.set('x-request-id', turn.id);
    return fetch(url, { ...init, headers });
  };
}

for (const side of matrix.sides('chat')) {
  for (const stream of [false, true]) {
    t.test(`openai runs tools on ${side.name}, ${stream ? 'stream' : 'JSON'}`, async (t) => {
      const ask = matrix.ask(side, LOOP);
      const asked: unknown[] = [];
      const client = openaiClient(ask, side.token).withOptions({ fetch: numbered(ask) });
      const { text: content } = ask;
      const tool = {
        type: 'function' as const,
        function: {
          ...{ name: 'find', description: 'Finds.', parameters: PARAMETERS },
          parse: (text: string) => JSON.parse(text) as object,
          function: (input: object) => {
            asked.push(input);
            return 'found';
          },
        },
      };
      const request = { model: 'auto', messages: [{ role: 'user' as const, content }], tools: [tool] };
      const runner = stream
        ? client.chat.completions.runTools({ ...request, stream: true })
        : client.chat.completions.runTools(request);
      t.equal(await runner.finalContent(), 'Found it all.');
      t.strictSame(asked, [CALL.arguments, CALL.arguments]);
    });

    t.test(`openai parses what ${side.name} says, ${stream ? 'stream' : 'JSON'}`, async (t) => {
      const ask = matrix.ask(side, STRUCTURED);
      const { completions } = openaiClient(ask, side.token).chat;
      const request = {
        ...{ model: 'auto', messages: [{ role: 'user' as const, content: ask.text }] },
        response_format: zodResponseFormat(answerSchema, 'reply'),
      };
      const { headers } = ask;
      const completion = stream
        ? await completions.stream({ ...request, stream: true }, { headers }).finalChatCompletion()
        : await completions.parse(request, { headers });
      t.strictSame(completion.choices[0]!.message.parsed, ANSWER);
    });
  }
}

for (const side of matrix.sides('responses')) {
  t.test(`openai parses a response from ${side.name}`, async (t) => {
    const ask = matrix.ask(side, STRUCTURED);
    const { output_parsed } = await openaiClient(ask, side.token).responses.parse(
      { model: 'auto', input: ask.text, text: { format: zodTextFormat(answerSchema, 'reply') } },
      { headers: ask.headers },
    );
    t.strictSame(output_parsed, ANSWER);
  });
}

for (const { version, sdk } of ANTHROPIC_SDKS) {
  for (const side of matrix.sides('messages')) {
    t.test(`anthropic ${version} runs tools on ${side.name}`, async (t) => {
      for (const stream of [false, true]) {
        const ask = matrix.ask(side, LOOP);
        const asked: unknown[] = [];
        const client = anthropicClient(ask, side.token, {}, sdk).withOptions({ fetch: numbered(ask) });
        const tool = betaTool({
          ...{ name: 'find', description: 'Finds.', inputSchema: PARAMETERS },
          run(input) {
            asked.push(input);
            return 'found';
          },
        });
        const runner = client.beta.messages.toolRunner({
          ...{ model: 'auto', max_tokens: MAX_TOKENS, tools: [tool], stream },
          messages: [{ role: 'user', content: ask.text }],
          // Threads keep the conversation at the vendor. The older generation does not know them.
          ...(version === '1.12' && { thread: false }),
        });
        const { content } = await runner.runUntilDone();
        t.match(content, [{ type: 'text', text: 'Found it all.' }], `stream ${stream}`);
        t.strictSame(asked, [CALL.arguments, CALL.arguments]);
      }
    });
  }
}

for (const provider of AI_PROVIDERS) {
  for (const side of matrix.sides(provider.api)) {
    t.test(`${provider.name} → ${side.name}: an answer by a schema`, async (t) => {
      for (const stream of [false, true]) {
        const ask = matrix.ask(side, STRUCTURED);
        const request = {
          ...{ model: provider.model(ask), prompt: ask.text, maxRetries: 0, headers: ask.headers },
          output: Output.object({ schema: jsonSchema<typeof ANSWER>(SCHEMA) }),
        };
        const { output } = stream ? streamText(request) : await generateText(request);
        t.strictSame(await output, ANSWER, `stream ${stream}`);
        // The provider asks models that it does not know as Anthropic's for a call of a tool instead.
        t.match(JSON.stringify(ask.sent), /"additionalProperties":false/, 'the upstream has the schema');
      }
    });
  }
}

matrix.compareBooks(t);
