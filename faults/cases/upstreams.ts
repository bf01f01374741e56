// Upstreams break their connections.
import type { Script } from '../../sim/script.ts';
import type { Evidence } from '../books.ts';
import type { Case } from '../case.ts';
import { type Kind, kindsOf } from '../kinds.ts';

/** All but the last event, which tells a whole stream from a cut one. */
const ALL_BUT_THE_LAST = 100_000;

const theWholeLoad: Case['act'] = ({ load, amount }) => load.reached(amount);

const breaking = (stream: boolean, script: Script): readonly Kind[] =>
  kindsOf('broken', stream, script, { fate: 'broken' });

function allFailed({ sent, rowOf }: Evidence): string[] {
  const wrong = sent.filter(({ id, kind }) => {
    return kind.fate === 'broken' && rowOf.get(id)?.outcome !== 'upstream_failed';
  });
  return wrong.map(({ id }) => `request ${id}: its row says ${rowOf.get(id)?.outcome}`);
}

/** The usage was told before the end was missing. */
function allReported(evidence: Evidence): string[] {
  const wrong = evidence.sent.filter(({ id, kind }) => {
    return kind.fate === 'broken' && evidence.rowOf.get(id)?.count_source !== 'reported';
  });
  return [...allFailed(evidence), ...wrong.map(({ id }) => `request ${id}: not booked as reported`)];
}

export const UPSTREAM_CASES: readonly Case[] = [
  {
    name: 'upstream-before-head',
    fault: 'upstream resets before the head',
    expected: 'booked as failed, for nothing',
    kinds: [false, true].flatMap((stream) => breaking(stream, { fault: 'reset-before-head' })),
    act: theWholeLoad,
    check: allFailed,
  },
  {
    name: 'upstream-mid-stream',
    fault: 'upstream resets in mid-stream',
    expected: 'booked as failed, with what came',
    kinds: breaking(true, { fault: 'reset-mid-stream', chunks: 10, after: 5 }),
    act: theWholeLoad,
    check: allFailed,
  },
  {
    name: 'upstream-after-usage',
    fault: 'upstream resets after the usage, before the end',
    expected: 'booked as failed, as reported',
    kinds: breaking(true, { fault: 'reset-mid-stream', chunks: 10, after: ALL_BUT_THE_LAST }),
    act: theWholeLoad,
    check: allReported,
  },
];
