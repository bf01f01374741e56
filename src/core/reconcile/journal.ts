import { FINAL } from '../ledger/journal/block.ts';
import { COLUMNS, requestIdOf, SEPARATOR } from '../ledger/row.ts';
import { isWithin, type Range } from './range.ts';
import { readJournals } from './records.ts';
import type { Connection } from './session.ts';
import type { JournalTotals, Sum } from './types.ts';

/** Ended exchanges are looked up in the table so many at a time. */
const LOOKUP_MAX = 5_000;
/** So many that were not in the table are looked for again at the end. */
const WATCHED_MAX = 100_000;

const TOKEN_COUNT = COLUMNS.findIndex(([name]) => name === 'token_count');
const FOUND = 'SELECT request_id FROM usage_logs WHERE request_id = ANY($1::uuid[])';

/** Looks ids up among the rows that were set aside. */
export type FindAside = (ids: ReadonlySet<string>) => Promise<ReadonlySet<string>>;

export interface JournalSurvey {
  readonly totals: JournalTotals;
  /** Ids that were in the journal and not in the table; at most WATCHED_MAX. */
  readonly watched: ReadonlySet<string>;
}

/**
 * What the journal of this node holds at the moment, and how much of it is in the table already. Memory is bounded: by
 * the exchanges that are open at a time, and by the limits above.
 */
export async function surveyJournal(
  dataDir: string,
  range: Range,
  database: Connection,
  findAside: FindAside,
): Promise<JournalSurvey> {
  const watched = new Set<string>();
  const watch = (id: string) => {
    if (watched.size < WATCHED_MAX) watched.add(id);
  };
  const waiting = new Adder();
  const waitingInRange = new Adder();
  let ended = new Map<string, number>();
  let openIds = new Set<string>();
  let [lives, running, open, unsettled, shipped, setAside, damaged] = [0, 0, 0, 0, 0, 0, 0];

  const lookUp = async (): Promise<void> => {
    const batch = ended;
    ended = new Map();
    for (const id of await lookUpIds(database, [...batch.keys()])) {
      batch.delete(id);
      shipped++;
    }
    for (const id of batch.size === 0 ? [] : await findAside(new Set(batch.keys()))) {
      batch.delete(id);
      setAside++;
    }
    for (const [id, tokens] of batch) {
      waiting.add(tokens);
      if (isWithin(range, id)) waitingInRange.add(tokens);
      watch(id);
    }
  };

  await readJournals(dataDir, {
    onLife(alive) {
      lives++;
      if (alive) running++;
    },
    onRecord(kind, row) {
      const id = requestIdOf(row);
      if (kind === FINAL) {
        openIds.delete(id);
        ended.set(id, Number(row.split(SEPARATOR, TOKEN_COUNT + 1)[TOKEN_COUNT]));
      } else openIds.add(id);
    },
    async onPause() {
      if (ended.size >= LOOKUP_MAX) await lookUp();
    },
    onLifeEnd(alive) {
      if (alive) open += openIds.size;
      else unsettled += openIds.size;
      for (const id of openIds) watch(id);
      openIds = new Set();
    },
    onDamaged() {
      damaged++;
    },
  });
  if (ended.size > 0) await lookUp();
  return {
    totals: {
      lives,
      lives_running: running,
      open,
      unsettled,
      waiting: waiting.sum,
      waiting_in_range: waitingInRange.sum,
      shipped,
      set_aside: setAside,
      damaged,
    },
    watched,
  };
}

/**
 * Which of these ids have left the journal without a trace. The journal is read first: what leaves it goes to the
 * table, or is set aside, before it leaves. Nobody is accused before a second look.
 * @param findAside looks them up among the rows that were set aside
 */
export async function findLost(
  dataDir: string,
  watched: ReadonlySet<string>,
  database: Connection,
  findAside: FindAside,
): Promise<string[]> {
  const lost = new Set(watched);
  for (let look = 0; look < 2 && lost.size > 0; look++) {
    await readJournals(dataDir, { onRecord: (_kind, row) => void lost.delete(requestIdOf(row)) });
    const ids = [...lost];
    for (let at = 0; at < ids.length; at += LOOKUP_MAX) {
      for (const id of await lookUpIds(database, ids.slice(at, at + LOOKUP_MAX))) lost.delete(id);
    }
    if (lost.size > 0) for (const id of await findAside(lost)) lost.delete(id);
  }
  return [...lost];
}

async function lookUpIds(database: Connection, ids: readonly string[]): Promise<Set<string>> {
  const rows = await database.query<{ request_id: string }>(FOUND, [ids]);
  return new Set(rows.map(({ request_id }) => request_id));
}

class Adder {
  #rows = 0;
  #tokens = 0;

  add(tokens: number): void {
    this.#rows++;
    this.#tokens += tokens;
  }

  get sum(): Sum {
    return { rows: this.#rows, tokens: this.#tokens };
  }
}
