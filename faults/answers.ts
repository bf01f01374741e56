import type { Evidence } from './books.ts';
import type { Tolerance } from './case.ts';
import type { Sent } from './request.ts';

/** What clients were told that they should not have been, and rows that do not tell what the client saw. */
export function wrongAnswers(evidence: Evidence, tolerance: Tolerance): string[] {
  const aside = new Set(evidence.aside.values());
  return evidence.sent.flatMap((sent) => {
    const wrong =
      wrongAnswer(sent, tolerance) ?? (aside.has(sent.id) ? undefined : wrongOutcome(sent, evidence));
    if (wrong === undefined) return [];
    return [`request ${sent.id} (${sent.kind.name}, ${sent.end} ${sent.status}): ${wrong}`];
  });
}

function wrongAnswer({ end, kind, status, words }: Sent, tolerance: Tolerance): string | undefined {
  const { kills = false, restarts = false, statuses = [] } = tolerance;
  if (end === 'timeout') return 'nothing came';
  if (kind.fate !== 'whole' || end === 'whole') return undefined;
  if (end === 'error') return statuses.includes(status) ? undefined : words;
  if (end === 'unanswered') return kills || restarts ? undefined : words;
  if (end === 'cut') return kills ? undefined : words;
  return undefined;
}

function wrongOutcome({ id, kind, end, status }: Sent, { rowOf }: Evidence): string | undefined {
  const row = rowOf.get(id);
  if (end === 'whole') {
    if (row === undefined) return 'a whole answer without a row';
    return row.outcome === 'completed' ? undefined : `a whole answer, and its row says ${row.outcome}`;
  }
  if (end === 'cut' && kind.fate === 'whole') {
    // The row is written before the last bytes are released: between the two the process may die.
    if (row === undefined) return 'a cut answer without a row';
    return row.outcome === 'crashed' || row.outcome === 'completed'
      ? undefined
      : `its row says ${row.outcome}`;
  }
  if (kind.fate === 'broken' && status !== 0 && row?.outcome === 'completed') {
    return 'its upstream failed, and its row says completed';
  }
  return undefined;
}
