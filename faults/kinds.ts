import { type Script, scriptText } from '../sim/script.ts';

/** How a client that is no part of the fault sees its request end. */
export type Fate =
  /** Status 200 and the whole answer. */
  | 'whole'
  /** The upstream fails it: an error status, or an answer that breaks off. */
  | 'broken'
  /** The client itself leaves. */
  | 'left';

/** When the client leaves. */
export type Leave = 'before-head' | 'mid-stream' | 'last-chunk';

/** Requests that are all alike but for their id. */
export interface Kind {
  readonly name: string;
  readonly path: '/v1/chat/completions' | '/v1/messages';
  readonly stream: boolean;
  readonly fate: Fate;
  readonly leaves?: Leave;
  readonly body: string;
}

interface Told {
  readonly fate?: Fate;
  readonly leaves?: Leave;
  /** Instead of each model in turn. */
  readonly model?: string;
}

/** One on each of the two upstreams, in every plan of the seed; to either path one of them is direct, the other translated. */
const MODELS = ['gemini-3-flash', 'gpt-5-mini'] as const;
const PATHS = ['/v1/chat/completions', '/v1/messages'] as const;
const MAX_TOKENS = 1_000;

/** Both dialects, direct and translated. */
export function kindsOf(name: string, stream: boolean, script: Script, told: Told = {}): Kind[] {
  const { fate = 'whole', leaves, model } = told;
  return PATHS.flatMap((path) =>
    (model === undefined ? MODELS : [model]).map((asked) => ({
      name,
      path,
      stream,
      fate,
      ...(leaves !== undefined && { leaves }),
      body: JSON.stringify({
        model: asked,
        max_tokens: MAX_TOKENS,
        stream,
        messages: [{ role: 'user', content: scriptText(script) }],
      }),
    })),
  );
}

/** Answered at once: half of them streams. */
export const QUICK: readonly Kind[] = [
  ...kindsOf('json', false, {}),
  ...kindsOf('burst', true, { chunks: 40, burst: true }),
];

/** Streams of one to three seconds. */
export const PACED: readonly Kind[] = [10, 20, 30].flatMap((chunks) =>
  kindsOf('paced', true, { chunks, delayMs: 90 }),
);

/** A few of these among many that are well: each has the same part, and together they have one in `many`. */
export function rare(kinds: readonly Kind[], many: number): readonly Kind[] {
  const others = kinds.length * (many - 1);
  return [...Array.from({ length: others }, (_, i) => QUICK[i % QUICK.length]!), ...kinds];
}
