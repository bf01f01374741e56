import { encodeAdmission, encodeRow } from '../../src/core/ledger/row.ts';
import type { Admission, Usage } from '../../src/core/types.ts';

/** An admission like a thousand others. */
export const admission = (requestId: string): Admission => ({
  requestId,
  clientRequestId: null,
  quotaItemId: 7,
  userId: 1_234,
  subId: 2,
  timestamp: 1_767_225_600_000,
  dialect: 'openai',
  api: 'chat',
  streamed: true,
  requestedModel: 'auto',
  routedModel: 'gemini-3-flash',
  upstream: 'antigravity',
  promptBytes: 4_321,
});

/** @param i makes the numbers differ from row to row */
export const usage = (i: number): Usage => ({
  outcome: 'completed',
  status: 200,
  tokens: { input: 120, output: 480 + i, cacheRead: 64, cacheWrite: 0, reasoning: 128 },
  countSource: 'reported',
  counts: {
    reportedInput: 120,
    reportedOutput: 480 + i,
    observedInput: 118,
    observedOutput: 470 + i,
    deliveredOutput: 470 + i,
  },
  attempts: 1,
  firstByteMs: 312.123456 + i,
  durationMs: 2_345.678901 + i,
});

export const rowOf = (admitted: Admission, i: number): string =>
  encodeRow(encodeAdmission(admitted), usage(i));
