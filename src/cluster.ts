import { fileURLToPath } from 'node:url';
import { ConfigError, readConfig } from './core/config/config.ts';
import { loadDotEnv } from './core/config/dotenv.ts';
import { createLog } from './core/log.ts';
import { version } from './core/paths.ts';
import { Gateway } from './primary/gateway.ts';

/* The entry: the primary process. It never touches client traffic. */

const config = configure();
const log = createLog(config.LOG_LEVEL, 'apipod');
const gateway = new Gateway({
  config,
  log,
  version,
  workerExec: fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
  ),
});

let signals = 0;
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    const timeoutMs = ++signals === 1 ? config.SHUTDOWN_TIMEOUT_MS : 0;
    log.info({ signal, timeoutMs }, timeoutMs > 0 ? 'stopping; open streams may finish' : 'stopping at once');
    void stop(0, timeoutMs);
  });
}

gateway.start().catch((error: Error) => {
  if (signals > 0) return;
  log.fatal(error.message);
  log.debug({ err: error });
  void stop(1, 0);
});

async function stop(exitCode: number, timeoutMs: number): Promise<void> {
  try {
    await gateway.stop(timeoutMs);
    process.exit(exitCode);
  } catch (err) {
    log.fatal({ err }, 'could not stop cleanly');
    process.exit(1);
  }
}

function configure(): ReturnType<typeof readConfig> {
  loadDotEnv();
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
