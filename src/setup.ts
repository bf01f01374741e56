// The program behind `npm run db:setup`: makes or completes the tables of DATABASE_URL and adds the seed plans.
import { ConfigError, readConfig } from './core/config/config.ts';
import { loadDotEnv } from './core/config/dotenv.ts';
import { DatabaseError, reasonOf } from './core/database/failure.ts';
import { withClient } from './core/database/pool.ts';
import { applySchema, applySeed, SETUP_TIMEOUT_MS } from './core/database/schema.ts';
import { nameOf, waitForDatabase } from './core/database/wait.ts';
import { createLog } from './core/log.ts';

async function setUp(): Promise<void> {
  loadDotEnv();
  const config = readConfig(process.env);
  const url = config.DATABASE_URL;
  if (url === undefined) {
    throw new DatabaseError('DATABASE_URL is not set. The embedded database sets itself up at every start.');
  }
  await waitForDatabase(url, config, createLog(config.LOG_LEVEL, 'apipod'));
  const patient = { ...config, DATABASE_QUERY_TIMEOUT_MS: SETUP_TIMEOUT_MS };
  await withClient(url, patient, 'apipod setup', async (client) => {
    await applySchema(client);
    await applySeed(client);
  }).catch((error: unknown) => {
    throw new DatabaseError(`Cannot set up ${nameOf(url)}: ${reasonOf(error)}. Nothing has changed.`, error);
  });
  console.log(`Tables and seed plans are in place: ${nameOf(url)}.`);
}

setUp().catch((error: unknown) => {
  // What an operator can put right reads as one message; anything else is a bug and keeps its stack.
  console.error(error instanceof DatabaseError || error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
});
