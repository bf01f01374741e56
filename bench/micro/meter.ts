import { chat } from '../../src/core/dialects/openai.ts';
import { StreamMeter } from '../../src/core/meter/stream.ts';
import { stream } from '../peers/answers.ts';
import { type MicroResult, measure, type Work } from './micro.ts';

const TIMES = 2_000;
const CHUNKS = 100;
const NO_COUNTS = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

/** The events of a stream, which are the same but for their text, or have a number each too. */
export async function meter(share: number): Promise<MicroResult> {
  const { chunks, tail } = stream(CHUNKS);
  const numbered = chunks.map((event, i) =>
    Buffer.from(event.toString().replace('"choices"', `"number":${i},"choices"`)),
  );
  const { ours, other } = await measure(
    TIMES * share,
    metering([...chunks, tail]),
    metering([...numbered, tail]),
  );
  return {
    name: 'meter',
    claim:
      'events that are recognized as like the one before but for their text (`core/meter/template.ts`), against events that are scanned',
    unit: `µs a stream of ${CHUNKS} chunks`,
    ours,
    other,
  };
}

function metering(events: readonly Buffer[]): Work {
  const out: Uint8Array[] = [];
  return (times) => {
    for (let i = 0; i < times; i++) {
      const meter = new StreamMeter(chat, { ...NO_COUNTS }, false);
      for (const event of events) {
        meter.push(event, out);
        out.length = 0;
      }
      meter.settle(false);
    }
  };
}
