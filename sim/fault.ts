import type { Answer } from './answer.ts';
import { assemble, type Body, bodyOf, type Delivery, type Ending, jsonBody } from './delivery.ts';
import type { Dialect } from './dialect.ts';
import type { Fault } from './script.ts';
import { joinSteps, renderEvents, type Step, splitSteps, step } from './step.ts';

const AFTER = 1;
const DRIP_DELAY_MS = 1;
/** How many bytes `bad-content-length` promises in vain. */
const MISSING_BYTES = 64;

const GARBAGE_HEAD = Buffer.from('\x16\x03\x01 this is not HTTP\r\n\r\n', 'latin1');
const GARBAGE_BODY = Buffer.from('\xff\xfe\x00{"choices":[{]}\r\rdata:\n\n\xc3(\x80', 'latin1');
const FORGED_RESPONSE =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{"forged":true}';

/** The answer that `status` and `fault` ask for; undefined if there is neither. */
export function misdeliver(dialect: Dialect, answer: Answer): Delivery | undefined {
  const { fault, status, error } = answer.script;
  if (fault !== undefined) return FAULTY[fault](dialect, answer);
  if (status === undefined) return undefined;
  const body =
    error === undefined
      ? dialect.errorBody(status, `The script asks for status ${status}.`)
      : JSON.stringify(error);
  return assemble(dialect, answer, status, jsonBody(step(body)));
}

const FAULTY: Readonly<Record<Fault, (dialect: Dialect, answer: Answer) => Delivery>> = {
  'reset-before-head': (dialect, answer) => headless(dialect, answer, [], 'reset'),
  'stall-before-head': (dialect, answer) => headless(dialect, answer, [], 'stall'),
  'garbage-head': (dialect, answer) => headless(dialect, answer, [step(GARBAGE_HEAD)], 'close'),

  'reset-mid-stream': (dialect, answer) => assemble(dialect, answer, 200, cut(dialect, answer), 'reset'),
  'stall-mid-stream': (dialect, answer) => assemble(dialect, answer, 200, cut(dialect, answer), 'stall'),
  'reset-mid-event'(dialect, answer) {
    const { next, ...body } = cut(dialect, answer);
    const half = step(next.bytes.subarray(0, next.bytes.length >> 1));
    return assemble(dialect, answer, 200, { ...body, steps: [...body.steps, half] }, 'reset');
  },
  'end-without-terminator'(dialect, answer) {
    const { asked, script } = answer;
    const body = cut(dialect, answer, asked.stream ? (script.after ?? Infinity) : AFTER);
    return assemble(dialect, answer, 200, { ...body, bytes: undefined });
  },
  'error-event'(dialect, answer) {
    const { asked, script } = answer;
    const message = 'The script asks for an error in mid-stream.';
    if (!asked.stream) return assemble(dialect, answer, 200, jsonBody(step(dialect.errorBody(500, message))));
    const body = cut(dialect, answer);
    const event = dialect.errorEvent(message, answer, body.steps.length);
    const steps = [...body.steps, ...renderEvents([event], script)];
    return assemble(dialect, answer, 200, { ...body, steps });
  },

  'garbage-body'(dialect, answer) {
    const { type } = bodyOf(dialect, answer);
    return assemble(dialect, answer, 200, { type, steps: [step(GARBAGE_BODY)], bytes: undefined });
  },
  'slow-drip'(dialect, answer) {
    const whole = assemble(dialect, answer, 200, bodyOf(dialect, answer));
    const delayMs = answer.script.delayMs ?? DRIP_DELAY_MS;
    return { ...whole, steps: splitSteps(whole.steps, 1), delayMs, apart: true };
  },
  'bad-content-length'(dialect, answer) {
    const body = bodyOf(dialect, answer);
    const bytes = joinSteps(body.steps).bytes.length + MISSING_BYTES;
    return assemble(dialect, answer, 200, { ...body, bytes }, 'close');
  },
  'excess-body'(dialect, answer) {
    const body = bodyOf(dialect, answer);
    const { bytes, ...whole } = joinSteps(body.steps);
    const more: Step = { ...whole, bytes: Buffer.concat([bytes, Buffer.from(FORGED_RESPONSE)]) };
    return assemble(dialect, answer, 200, { ...body, steps: [more], bytes: bytes.length });
  },
  redirect(dialect, answer) {
    const headers = { ...answer.script.headers, location: `${dialect.path}/elsewhere` };
    const body = jsonBody(step(dialect.errorBody(307, 'Moved.')));
    return assemble(dialect, { ...answer, script: { ...answer.script, headers } }, 307, body);
  },
};

function headless(dialect: Dialect, answer: Answer, steps: readonly Step[], ending: Ending): Delivery {
  return {
    ...assemble(dialect, answer, 200, { type: '', steps, bytes: undefined }, ending),
    head: undefined,
  };
}

/**
 * The body up to and including its content chunk number `after`, and the step that would follow. It never has all:
 * if there are not so many chunks, its last event is missing.
 */
function cut(
  dialect: Dialect,
  answer: Answer,
  after = answer.script.after ?? AFTER,
): Body & { readonly next: Step } {
  const body = bodyOf(dialect, answer);
  const steps = answer.asked.stream ? body.steps : halves(body.steps);
  let at = 0;
  for (let chunks = 0; at < steps.length - 1; at++) {
    chunks += steps[at]!.chunks;
    if (chunks > after) break;
  }
  return { ...body, steps: steps.slice(0, at), next: steps[at]! };
}

/** A JSON body has no events: its halves stand for two chunks. */
function halves(steps: readonly Step[]): Step[] {
  const { bytes } = joinSteps(steps);
  const middle = bytes.length >> 1;
  return [bytes.subarray(0, middle), bytes.subarray(middle)].map((half) => ({ ...step(half), chunks: 1 }));
}
