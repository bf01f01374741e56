import type { AlteredBatch, BadRow, BatchName } from './batches.ts';
import type { Stray } from './strays.ts';
import type { Difference } from './types.ts';

/* What is told of each finding. */

export function badRow({ kind, request_id, batch_id, named, intact, time }: BadRow): Difference {
  const listed = `Batch ${batch_id} lists it`;
  const changed = 'it is not as the gateway wrote it: its digest does not match';
  const text =
    kind === 'missing'
      ? `${listed}, usage_logs does not have it.`
      : kind === 'moved'
        ? `${listed}; ${changed}, and its time is now ${time}, outside of its batch.`
        : intact
          ? `${listed}, but the row names ${named === null ? 'none' : `batch ${named}`}.`
          : `${listed}; ${changed}.`;
  return { kind, request_id, batch_id, text };
}

export function alteredBatch({ broken, mislabelled, suspects, ...batch }: AlteredBatch): Difference {
  const found = [
    broken
      ? 'its hash does not follow from its rows: its list was changed, or a row together with its digest (request_ids: the rows that look right)'
      : '',
    mislabelled ? 'its count, sum or times are not those of its rows' : '',
  ];
  return {
    kind: 'batch_altered',
    request_id: null,
    batch_id: batch.batch_id,
    text: `${nameOf(batch)}: ${found.filter(Boolean).join('; ')}.`,
    request_ids: broken ? suspects : [],
  };
}

export function brokenLink(batch: BatchName): Difference {
  return {
    kind: 'chain_broken',
    request_id: null,
    batch_id: batch.batch_id,
    text: `${nameOf(batch)} does not follow from the one before: one of the two was changed or replaced.`,
  };
}

export function stray({ kind, request_id, batch_id, copy_of, of_old_gateway }: Stray): Difference {
  const copied = copy_of === null ? '' : ` It is a copy of ${copy_of}.`;
  const texts: Record<Stray['kind'], string> = {
    foreign: of_old_gateway
      ? `It names no batch. It looks like a row of a gateway from before the chain.${copied}`
      : `No gateway wrote it: it names no batch.${copied}`,
    orphaned: `It names batch ${batch_id}, which is not there.${copied}`,
    doubled: `It names batch ${batch_id}, which does not list it.${copied}`,
    moved: `Batch ${batch_id} lists it, but is of another time; the row is not as the gateway wrote it.`,
    batch_altered: `Batch ${batch_id} lists it, but was given another time.`,
  };
  return { kind, request_id, batch_id, text: texts[kind], copy_of };
}

export function lostRow(request_id: string): Difference {
  return {
    kind: 'lost',
    request_id,
    batch_id: null,
    text: 'It was in the journal, and is now neither there, nor in usage_logs, nor set aside.',
  };
}

export function damagedFiles(files: number): Difference {
  return {
    kind: 'damaged',
    request_id: null,
    batch_id: null,
    text: `${files} files of the journal could not be read in whole: rows may be missing, or booked as crashed.`,
  };
}

const nameOf = ({ batch_id, node_id, seq }: BatchName): string =>
  `Batch ${batch_id} (seq ${seq} of node ${node_id})`;
