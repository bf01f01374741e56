import { z } from 'zod';

/** Ways to go wrong. Each happens to every request of its script, or to the first `failTimes` of them. */
export const FAULTS = [
  /** The connection is reset in place of an answer. */
  'reset-before-head',
  /** Reset after `after` content chunks. */
  'reset-mid-stream',
  /** Reset in the middle of the event that follows `after` content chunks. */
  'reset-mid-event',
  /** A clean HTTP end after `after` content chunks; without `after`: only the last event is missing. */
  'end-without-terminator',
  /** After `after` content chunks: the dialect's error event and a clean end. JSON: an error body with status 200. */
  'error-event',
  /** Nothing is ever sent. */
  'stall-before-head',
  /** Nothing more is sent after `after` content chunks. */
  'stall-mid-stream',
  /** The answer is not HTTP. */
  'garbage-head',
  /** A proper head, then bytes that are neither JSON, nor SSE, nor UTF-8. */
  'garbage-body',
  /** The whole answer, one byte at a time, `delayMs` (default 1) apart. */
  'slow-drip',
  /** `Content-Length` promises more than is sent before the connection closes. */
  'bad-content-length',
  /** A second, forged response follows the body in the same packet. */
  'excess-body',
  /** 307 to another path of this simulator. */
  'redirect',
] as const;

/** Upstreams that speak OpenAI's chat completions with an accent. */
export const VENDORS = ['openai', 'gemini', 'deepseek', 'xai', 'openrouter', 'copilot'] as const;

const whole = (max: number) => z.int().min(0).max(max).optional();
/** Not `z.int()`: an upstream may well report what no integer type holds. */
const tokens = z.number().min(0).max(1e30).optional();

/**
 * How the simulator answers one request. A request carries its script in the text of a message, so that it passes
 * through official SDKs and gateways unharmed: the last text of a message, tool result or input that begins with
 * `sim:` holds the script as JSON, up to the end of that line. Every field is optional; the simulator's own defaults
 * lie beneath.
 *
 * - which request: `id`, `next` (the turn after this one), `lenient`, `signatures`
 * - what is said: `text`, `chunks`, `chunkBytes`, `answerBytes`, `thinking`, `redacted`, `refusal`, `tools`,
 *   `interleaved`, `toolShape`, `lookalikes`, `dimensions`
 * - how it ends: `stop`, `stopSequence`
 * - how it is counted: `usage`, `usageShape`
 * - whose accent it has: `vendor`
 * - when it is silent: `headDelayMs`, `firstDelayMs`, `tokenDelayMs`, `midDelayMs` with `midAfter`, `delayMs`
 * - how it looks on the wire: `pings`, `comments`, `crlf`, `oddities`, `splitBytes`, `burst`, `closeDelimited`, `gzip`,
 *   `headers`
 * - how it fails: `status`, `error`, `fault` with `after`, `failTimes`
 *
 * What an API has no words for is left out: `redacted` and `stopSequence` in OpenAI's, `vendor` and `interleaved` in
 * Anthropic's. A `stop`, `usageShape` or `pings` that it does not know is refused.
 */
export const scriptSchema = z.strictObject({
  /** Names the script in the books, and the counter of `failTimes`. */
  id: z.string().max(128).optional(),

  /** What the model says. Default: a sentence, or filler text if `chunks` or `chunkBytes` is given. */
  text: z.string().optional(),
  /** Text deltas of a stream. Default: one a word. */
  chunks: whole(100_000),
  /** Bytes of filler text in each delta. Default 16. */
  chunkBytes: whole(1_000_000),
  /** Pads a JSON answer with filler text to exactly so many bytes, where that is more than it has anyway. */
  answerBytes: whole(100_000_000),
  /** What the model thinks before it speaks: thinking blocks, or `reasoning_content`. */
  thinking: z.string().optional(),
  /** Anthropic: a `redacted_thinking` block, behind the thinking if there is any. Other APIs have no such thing. */
  redacted: z.boolean().optional(),
  /**
   * What the model says when it will not answer. OpenAI: `refusal` in place of content. Anthropic: the stop reason
   * `refusal`, with this as `stop_details.explanation`. There is no text beside it unless the script gives one.
   */
  refusal: z.string().optional(),
  tools: z
    .array(z.strictObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }))
    .optional(),
  /** OpenAI streams: the arguments of several calls come in turns. */
  interleaved: z.boolean().optional(),
  /**
   * Why the model stops, in the word of either API: `end_turn`/`stop`, `max_tokens`/`length`, `tool_use`/`tool_calls`,
   * `stop_sequence`, `refusal`/`content_filter`, and Anthropic's `pause_turn` and `model_context_window_exceeded`.
   * Responses: `length` and `content_filter` make it incomplete, `failed` makes it fail.
   */
  stop: z.string().optional(),
  /** Anthropic: which sequence it was. */
  stopSequence: z.string().optional(),
  /** Whose accent chat completions have. Default `openai`, with `reasoning_content` for thinking. */
  vendor: z.enum(VENDORS).optional(),
  /** `any`: thinking comes back with whatever signature. Default: only with one that a simulator made for it. */
  signatures: z.enum(['own', 'any']).optional(),
  /** Takes the request however it is. Default: what the real API would refuse is refused. */
  lenient: z.boolean().optional(),
  /** Numbers in an embedding that is not asked for with `dimensions`. Default 8. */
  dimensions: whole(4_096),
  /** `whole`: each call in one delta without an index, as Gemini does it. Default `deltas`. */
  toolShape: z.enum(['deltas', 'whole']).optional(),
  /** Puts what looks like usage and like the end of a stream into the text and into tool arguments. */
  lookalikes: z.boolean().optional(),

  /** False: none is reported. Numbers replace those that would be counted. */
  usage: z
    .union([
      z.boolean(),
      z.strictObject({
        input: tokens,
        output: tokens,
        cacheRead: tokens,
        cacheWrite: tokens,
        reasoning: tokens,
      }),
    ])
    .optional(),
  /**
   * Where a stream reports usage. Both: `standard`. OpenAI: `every-chunk` (a running total, asked for or not) and
   * `finish-chunk` (with the finish reason, asked for or not). Anthropic: `corrected` (`message_start` has too
   * little, `message_delta` repeats all of it) and `nulls` (`message_delta` has null for what it does not repeat).
   */
  usageShape: z.enum(['standard', 'every-chunk', 'finish-chunk', 'corrected', 'nulls']).optional(),

  /** Wait before the head, between the head and the first event, and between events. */
  headDelayMs: whole(600_000),
  firstDelayMs: whole(600_000),
  delayMs: whole(600_000),
  /** Silence of a stream between its first events and its first content chunk. */
  tokenDelayMs: whole(600_000),
  /** Silence of a stream behind `midAfter` (default 1) content chunks. */
  midDelayMs: whole(600_000),
  midAfter: whole(100_000),

  /** A ping event before every content chunk. Anthropic streams only. */
  pings: z.boolean().optional(),
  /** An SSE comment before every content chunk. */
  comments: z.boolean().optional(),
  /** CR LF line ends in a stream. */
  crlf: z.boolean().optional(),
  /** What real upstreams were seen to do: blanks after JSON, unknown events, an empty first chunk, a second start. */
  oddities: z.boolean().optional(),

  /** Sends the body in pieces of so many bytes, wherever that cuts it, each in a packet of its own. */
  splitBytes: whole(1_000_000),
  /** Sends the whole body in one write. */
  burst: z.boolean().optional(),
  /** The body's end is the connection's end: no `Content-Length`, no chunked coding. */
  closeDelimited: z.boolean().optional(),
  /** Compresses the body, asked for or not. */
  gzip: z.boolean().optional(),
  /** More response headers. */
  headers: z.record(z.string(), z.string()).optional(),

  /** Answers with this status and an error body. */
  status: z.int().min(200).max(599).optional(),
  /** The error body, in place of the dialect's own for that status. */
  error: z.unknown().optional(),
  fault: z.enum(FAULTS).optional(),
  /** Content chunks before the fault. Default 1. A JSON answer counts as two chunks. */
  after: whole(100_000),
  /** Only the first so many requests with this `id` get the `status` or `fault`. */
  failTimes: whole(1_000_000),

  /** The script of the assistant's next turn in the same conversation; it may have a `next` of its own. */
  get next() {
    return scriptSchema.optional();
  },
});

export type Script = z.infer<typeof scriptSchema>;
export type Fault = (typeof FAULTS)[number];
export type Vendor = (typeof VENDORS)[number];

const MARK = 'sim:';

/** The text to put into a message: `{ role: 'user', content: scriptText({ chunks: 3 }) }`. */
export function scriptText(script: Script): string {
  return MARK + JSON.stringify(script);
}

/**
 * The script of a request: the last there is, or as many `next` further as the assistant has spoken since.
 * @param texts of its messages, in order
 * @param turnsAfter to each text: how often the assistant has spoken after it
 * @throws {Error} that says what is wrong with it
 */
export function findScript(texts: readonly string[], turnsAfter: readonly number[] = []): Script {
  const at = texts.findLastIndex((candidate) => candidate.startsWith(MARK));
  if (at < 0) return {};
  const json = texts[at]!.slice(MARK.length).split('\n', 1)[0]!;
  const parsed = scriptSchema.safeParse(JSON.parse(json));
  if (!parsed.success) throw new Error(`bad script: ${z.prettifyError(parsed.error)}`);
  let script = parsed.data;
  for (let turn = turnsAfter[at] ?? 0; turn > 0 && script.next !== undefined; turn--) script = script.next;
  return script;
}
