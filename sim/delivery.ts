import { gzipSync } from 'node:zlib';
import { type Answer, filler } from './answer.ts';
import { type Dialect, Refusal } from './dialect.ts';
import { joinSteps, renderEvents, type Step, silence, splitSteps, step } from './step.ts';

/** What happens after the last step. */
export type Ending =
  /** A clean end of the HTTP message. */
  | 'end'
  /** The connection is closed, whatever the head has promised. */
  | 'close'
  | 'reset'
  /** Nothing, until the other side leaves. */
  | 'stall';

/** One answer, ready to be sent as often as it is asked for. */
export interface Delivery {
  /** Undefined: the steps are sent as they are, without an HTTP head. */
  readonly head: { readonly status: number; readonly headers: readonly string[] } | undefined;
  readonly steps: readonly Step[];
  readonly ending: Ending;
  readonly headDelayMs: number;
  readonly firstDelayMs: number;
  readonly delayMs: number;
  /** Each step goes out in a packet of its own. */
  readonly apart: boolean;
  /** The body ends with the connection. */
  readonly closeDelimited: boolean;
}

export interface Body {
  readonly type: string;
  readonly steps: readonly Step[];
  /** For `Content-Length`; undefined: chunked coding. */
  readonly bytes: number | undefined;
}

/** Room for the digits by which token counts may grow when a JSON answer is padded. */
const PADDING_SLACK_BYTES = 24;

/** The answer of a script without `status` and `fault`. @throws {Refusal} when the script does not fit the dialect */
export function deliver(dialect: Dialect, answer: Answer): Delivery {
  const { usageShape = 'standard', pings } = answer.script;
  if (!dialect.usageShapes.includes(usageShape)) {
    throw new Refusal(400, `bad script: usageShape ${usageShape} is not of this API`);
  }
  if (pings && !dialect.pings) throw new Refusal(400, 'bad script: this API has no pings');
  return assemble(dialect, answer, 200, bodyOf(dialect, answer));
}

/** The bytes of the whole answer. */
export function bodyOf(dialect: Dialect, answer: Answer): Body {
  if (answer.asked.stream) {
    const steps = renderEvents(dialect.events(answer), answer.script);
    return { type: 'text/event-stream; charset=utf-8', steps, bytes: undefined };
  }
  const said = padded(dialect, answer);
  const text = dialect.json(said);
  const spaces = ' '.repeat(Math.max(0, (answer.script.answerBytes ?? 0) - Buffer.byteLength(text)));
  const reported = answer.counts && dialect.reported(answer.counts);
  return jsonBody({ ...step(text + spaces, reported), text: said.text.join('') });
}

export function jsonBody(whole: Step): Body {
  return { type: 'application/json', steps: [whole], bytes: whole.bytes.length };
}

/** Adds text until the JSON is almost as long as `answerBytes`; blanks do the rest. */
function padded(dialect: Dialect, answer: Answer): Answer {
  const { answerBytes = 0 } = answer.script;
  const missing = answerBytes - Buffer.byteLength(dialect.json(answer)) - PADDING_SLACK_BYTES;
  return missing > 0 ? { ...answer, text: [...answer.text, filler(missing)] } : answer;
}

/** Puts the head before a body, and gives both the pace and the cuts of the script. */
export function assemble(
  { headers }: Dialect,
  { id, script }: Answer,
  status: number,
  body: Body,
  ending: Ending = 'end',
): Delivery {
  const { gzip, burst, splitBytes, closeDelimited = false } = script;
  let { steps, bytes } = body;
  if (gzip) {
    const whole = joinSteps(steps);
    steps = [{ ...whole, bytes: gzipSync(whole.bytes) }];
    bytes = bytes === undefined ? undefined : steps[0]!.bytes.length;
  }
  if (burst && steps.length > 1) steps = [joinSteps(steps)];
  if (splitBytes) steps = splitSteps(steps, splitBytes);
  steps = silence(steps, script);
  return {
    head: {
      status,
      headers: [
        'content-type',
        body.type,
        ...(bytes === undefined || closeDelimited ? [] : ['content-length', String(bytes)]),
        ...(gzip ? ['content-encoding', 'gzip'] : []),
        ...headers(id),
        ...Object.entries(script.headers ?? {}).flat(),
      ],
    },
    steps,
    ending,
    headDelayMs: script.headDelayMs ?? 0,
    firstDelayMs: script.firstDelayMs ?? 0,
    delayMs: script.delayMs ?? 0,
    apart: splitBytes !== undefined,
    closeDelimited,
  };
}
