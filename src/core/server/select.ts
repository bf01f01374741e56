import type { Logger } from '../log.ts';
import type { Engine } from './engine.ts';
import { nodeEngine } from './node/server.ts';
import { loadAddon } from './uws/addon.ts';
import { uwsEngine } from './uws/server.ts';

const OLDER = 'uws 20.30';
/** Codex sends `session_id`. */
const OLDER_LIMITS =
  'requests with _ or . in a header name, such as those of Codex, get no answer; HTTP_ENGINE=node answers them';

/**
 * The engine that `HTTP_ENGINE` asks for. `auto`: the newest uWebSockets.js that loads, else node:http. Says in one log
 * line which it is, and why not a better one.
 * @param headerBytesMax longest request head
 * @throws if uWebSockets.js is asked for and no build of it loads here
 */
export function selectEngine(
  kind: 'auto' | 'uws' | 'node',
  log: Pick<Logger, 'info'>,
  headerBytesMax: number,
): Engine {
  const failures: string[] = [];
  const engine = kind === 'node' ? nodeEngine : (uws(failures, headerBytesMax) ?? nodeEngine);
  if (kind === 'uws' && engine === nodeEngine) {
    throw new Error(
      `HTTP_ENGINE is uws, but no build of uWebSockets.js loads here (${failures.join('; ')}). Set it to auto or node.`,
    );
  }
  const unavailable = failures.length > 0 ? { unavailable: failures } : {};
  const limits = engine.name === OLDER ? { limits: OLDER_LIMITS } : {};
  log.info({ engine: engine.name, ...unavailable, ...limits }, `HTTP engine: ${engine.name}`);
  return engine;
}

function uws(failures: string[], headerBytesMax: number): Engine | undefined {
  // Read once, when the addon is loaded; there is no other way to tell it.
  process.env.UWS_HTTP_MAX_HEADERS_SIZE = String(headerBytesMax);
  const loaded = loadAddon(failures);
  return loaded && uwsEngine(loaded);
}
