/** What an audit of the books tells. Field names are those of the admin API's JSON, and stay. */

/** What can be wrong. docs/reconcile.md says what each means and what to do. */
export type DifferenceKind =
  /** A batch lists it, the table does not have it. */
  | 'missing'
  /** A row that is not as the gateway wrote it. */
  | 'edited'
  /** The same, and its time is none of its batch's. */
  | 'moved'
  /** A row that names no batch and is in none: by somebody's hand, or of a gateway from before the chain. */
  | 'foreign'
  /** A row that names a batch which does not list it. */
  | 'doubled'
  /** A row that names a batch which is not there. */
  | 'orphaned'
  /** It was in the journal, and is now neither there, nor in the table, nor set aside. */
  | 'lost'
  /** A batch that is not as the gateway wrote it, or whose rows and their digests are not. */
  | 'batch_altered'
  /** A batch that does not follow from the one before. */
  | 'chain_broken'
  /** Batches between two others, or before the first, are not there. */
  | 'batches_missing'
  /** The end of the chain is not where the gateway left it. */
  | 'head'
  /** Files of the journal could not be read in whole. */
  | 'damaged';

export interface Difference {
  readonly kind: DifferenceKind;
  readonly request_id: string | null;
  readonly batch_id: number | null;
  /** One sentence for people. */
  readonly text: string;
  /** The row that this one equals but for its id. */
  readonly copy_of?: string | null;
  /** Of an altered batch: rows that it lists and that look right by themselves, the first 100. */
  readonly request_ids?: readonly string[];
}

export interface Sum {
  readonly rows: number;
  readonly tokens: number;
}

/** The journal of this node, as it was when the audit began; over all times but for `in_range`. */
export interface JournalTotals {
  readonly lives: number;
  /** Those whose writer still runs. */
  readonly lives_running: number;
  /** Admitted and not ended, in lives that run. */
  readonly open: number;
  /** Admitted and not ended, in lives that are over: they will be booked as `crashed`. */
  readonly unsettled: number;
  /** Ended, and neither in the table yet nor set aside. */
  readonly waiting: Sum;
  readonly waiting_in_range: Sum;
  /** Ended and in the table: their files go soon. */
  readonly shipped: number;
  /** Ended and set aside: they will not come into the table by themselves. Their files go soon, too. */
  readonly set_aside: number;
  /** Files that hold something that could not be read. */
  readonly damaged: number;
}

export interface BatchTotals {
  readonly batches: number;
  readonly nodes: number;
  /** What those batches list. The first and the last may reach beyond the range. */
  readonly rows: number;
  readonly tokens: number;
  readonly rows_in_range: number;
  /** The rows of these batches that are in the table, by id. */
  readonly found: Sum;
  /** Batches whose hash follows from their rows. */
  readonly proven: number;
  /** Batches whose hash cannot be computed, because rows or their digests are missing. */
  readonly unproven: number;
}

export interface RowTotals extends Sum {
  /** Rows from before the chain: nothing can be said of them. */
  readonly unchained: number;
  readonly by_outcome: Readonly<Record<string, Sum>>;
  readonly by_count_source: Readonly<Record<string, Sum>>;
}

/** Where a chain ends. `hash` in hex. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

export interface NodeHead extends ChainHead {
  readonly node_id: string;
}

/** What DATA_DIR holds of a chain. */
export interface HeadRecord extends ChainHead {
  /** The end of an earlier chain that the database no longer had when the gateway went on from what it found. */
  readonly cut: ChainHead | null;
}

export interface ChainTotals {
  /** This node; null if no gateway has run on this DATA_DIR. */
  readonly node_id: string | null;
  /** By DATA_DIR. */
  readonly head: HeadRecord | null;
  /** By the database. */
  readonly last: ChainHead | null;
  /** Where the chains of other nodes end by the database. Their own word for it is not here, so that is not checked. */
  readonly others: readonly NodeHead[];
}

/** Since the gateway was started. */
export interface MetricTotals {
  readonly admitted: number;
  readonly written: number;
  readonly duplicates: number;
  readonly crashed: number;
  readonly rejected: number;
  readonly unjournaled: number;
  readonly waiting: number;
  /**
   * `written + duplicates + rejected` and what the journal holds (`open + unsettled + waiting`), less `admitted`.
   * See docs/reconcile.md for when it is 0.
   */
  readonly balance: number;
}

export interface Report {
  readonly from: string;
  readonly to: string;
  readonly journal: JournalTotals;
  readonly batches: BatchTotals;
  readonly rows: RowTotals;
  readonly set_aside: Sum;
  /** Null: nobody gave them. */
  readonly metrics: MetricTotals | null;
  readonly chain: ChainTotals;
  readonly differences: {
    readonly count: number;
    /** True: there are more than were counted. */
    readonly more: boolean;
    readonly by_kind: Readonly<Record<string, number>>;
    /** The first ones. */
    readonly listed: readonly Difference[];
  };
}
