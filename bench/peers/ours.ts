import { type FullArm, startBare, startFull } from '../arm.ts';
import type { ArmKind, ArmUpstream, PeerArm } from './arm.ts';

/** As in docs/config.md. */
type Settings = Readonly<Record<string, string>>;

/** Primary, one worker and the embedded PostgreSQL with fsync; all plugins, the journal and the database in use. */
function gateway(name: string, settings: Settings = {}): ArmKind {
  return {
    name,
    async start(upstream) {
      const full = await startFull(upstream.url, [], undefined, { ...trust(upstream), ...settings });
      return armOf(name, full);
    },
  };
}

function armOf(name: string, full: FullArm): PeerArm {
  const { url, headers, model, engine, pids } = full;
  return {
    name,
    version: `${engine.replace('uws', 'uWebSockets.js')}, Node ${process.versions.node}`,
    url,
    headers,
    model,
    pids: () => pids,
    databasePids: () => full.databasePids(),
    stop: () => full.stop(),
  };
}

function trust({ caFile }: ArmUpstream): Settings {
  return caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: caFile };
}

export const OURS = 'ours';

export const ours: readonly ArmKind[] = [
  gateway(OURS),
  {
    name: 'ours, empty chain',
    async start(upstream) {
      const bare = await startBare(upstream.url, 'ours, empty chain', [], [], trust(upstream));
      return { ...bare, version: '', pids: () => bare.pids };
    },
  },
  gateway('ours, node engine', { HTTP_ENGINE: 'node' }),
];
