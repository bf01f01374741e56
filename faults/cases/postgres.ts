// The database goes away, stands still, refuses, or is slow. Who is known to the gateway must not notice.
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { poll } from '../../test/fixtures/poll.ts';
import type { Case } from '../case.ts';
import type { Rig } from '../rig.ts';

const REFUSAL_MS = 3_000;
/** Longer than DATABASE_QUERY_TIMEOUT_MS and what the client's own clock grants on top. */
const FROZEN_MS = 3_500;
const SLOW_S = 0.5;
const QUIET_ROUNDS = 10;
const QUIET_PAUSE_MS = 20;

/** Names the connections of the gateway, and cuts them. */
const CUT = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name <> 'faults'`;

const INSERTING = `
  SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND application_name <> 'faults' AND state = 'active'
    AND query ILIKE '%usage_logs%' AND wait_event IS NOT NULL AND wait_event = ANY($1)`;

const SLOW_DOWN = `
  CREATE FUNCTION faults_wait() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN PERFORM pg_sleep(${SLOW_S}); RETURN NULL; END $$;
  CREATE TRIGGER faults_wait AFTER INSERT ON usage_logs FOR EACH STATEMENT EXECUTE FUNCTION faults_wait()`;
const SPEED_UP = 'DROP TRIGGER faults_wait ON usage_logs; DROP FUNCTION faults_wait()';

/** Freezes the back end that has an INSERT under way, and that waits as described. @returns its process */
async function freezeInsert(rig: Rig, waits: readonly string[]): Promise<number> {
  const pid = await poll('an INSERT under way', async () => {
    const [row] = await rig.query<{ pid: number }>(INSERTING, [waits]);
    return row?.pid;
  });
  process.kill(pid, 'SIGSTOP');
  return pid;
}

/** Nobody else can insert while it is held. */
async function lockUsage(rig: Rig): Promise<pg.Client> {
  const client = await rig.connect();
  await client.query('BEGIN; LOCK TABLE usage_logs IN SHARE ROW EXCLUSIVE MODE');
  return client;
}

/** Takes every connection that the server has, those of the gateway included. @param held they are put in here */
async function occupy(rig: Rig, held: pg.Client[]): Promise<void> {
  const cutter = await rig.connect();
  held.push(cutter);
  // A connection that was cut is free a moment later, and one that is being made cannot be seen yet.
  for (let quiet = 0; quiet < QUIET_ROUNDS; ) {
    try {
      held.push(await rig.connect());
      quiet = 0;
    } catch {
      const { rowCount } = await cutter.query(CUT);
      quiet = rowCount === 0 ? quiet + 1 : 0;
      await pause(QUIET_PAUSE_MS);
    }
  }
}

/** @throws when rows go in all the same */
async function nothingGoesIn(client: pg.Client): Promise<void> {
  const count = async () => (await client.query('SELECT count(*) FROM usage_logs')).rows[0].count as string;
  const before = await count();
  await pause(REFUSAL_MS);
  if ((await count()) !== before) throw new Error('rows go in: the fault did not bite');
}

const outage = (leave: (rig: Rig) => unknown, back: (rig: Rig) => unknown): Case['act'] =>
  async function act({ rig, rounds }) {
    for (let round = 0; round < Math.min(rounds, 2); round++) {
      await leave(rig);
      await pause(REFUSAL_MS);
      await back(rig);
    }
  };

export const POSTGRES_CASES: readonly Case[] = [
  {
    name: 'postgres-stopped',
    fault: 'PostgreSQL stopped for a while',
    expected: 'no request fails; rows follow',
    short: true,
    act: outage(
      ({ server }) => server.stop(),
      ({ server }) => server.start(),
    ),
  },
  {
    name: 'postgres-killed',
    fault: 'PostgreSQL, kill -9 of all its processes',
    expected: 'no request fails; rows follow',
    act: outage(
      ({ server }) => server.kill(),
      ({ server }) => server.start(),
    ),
  },
  {
    name: 'postgres-frozen',
    fault: 'PostgreSQL, SIGSTOP of all its processes',
    expected: 'no request fails; rows follow',
    act: outage(
      ({ server }) => server.freeze(),
      ({ server }) => server.thaw(),
    ),
  },
  {
    name: 'backend-frozen',
    fault: 'SIGSTOP of one back end in mid-INSERT: before its first row, and before its commit',
    expected: 'sent again elsewhere; none twice',
    short: true,
    async act({ rig }) {
      const lock = await lockUsage(rig);
      const early = await freezeInsert(rig, ['relation']);
      await lock.end();
      await pause(FROZEN_MS);
      process.kill(early, 'SIGCONT');

      await rig.query(SLOW_DOWN);
      const late = await freezeInsert(rig, ['PgSleep']);
      await pause(FROZEN_MS);
      process.kill(late, 'SIGCONT');
      await rig.query(SPEED_UP);
    },
  },
  {
    name: 'postgres-read-only',
    fault: 'PostgreSQL read-only',
    expected: 'no request fails; rows follow',
    async act({ rig }) {
      const turn = async (mode: 'on' | 'off') => {
        const client = await rig.connect();
        await client.query('SET default_transaction_read_only = off');
        await client.query(
          `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = ${mode}', current_database()); END $$`,
        );
        await client.query(CUT);
        return client;
      };
      const watcher = await turn('on');
      await nothingGoesIn(watcher);
      await watcher.end();
      await (await turn('off')).end();
    },
  },
  {
    name: 'postgres-full',
    fault: 'PostgreSQL out of connections',
    expected: 'no request fails; rows follow',
    async act({ rig }) {
      const held: pg.Client[] = [];
      try {
        await occupy(rig, held);
        await nothingGoesIn(held[0]!);
      } finally {
        await Promise.all(held.map((client) => client.end()));
      }
    },
  },
  {
    name: 'postgres-slow',
    fault: `PostgreSQL slow: ${SLOW_S} s for each INSERT, then the table locked for 3 s`,
    expected: 'no request fails; rows follow',
    async act({ rig }) {
      await rig.query(SLOW_DOWN);
      await pause(REFUSAL_MS);
      await rig.query(SPEED_UP);
      const lock = await lockUsage(rig);
      await pause(REFUSAL_MS);
      await lock.end();
    },
  },
];
