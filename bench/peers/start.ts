import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processTree } from '../cpu.ts';
import { freePort } from '../port.ts';
import { MEASURED_CORE, Process } from '../program.ts';
import type { ArmUpstream, PeerArm } from './arm.ts';

const START_TIMEOUT_MS = 15_000;

/** Who asks, for peers that do not look: as long as the keys of ours. */
export const ANY_CLIENT: Pick<PeerArm, 'headers' | 'model'> = {
  headers: { authorization: `Bearer apk_${'x'.repeat(43)}` },
  model: 'gpt-5-mini',
};

/** What `program option` prints, on either stream. @throws if there is no such program */
export function ask(program: string, option: string, debianPackage: string): string {
  const { error, stdout, stderr } = spawnSync(program, [option], { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`${program} is missing: apt-get install ${debianPackage}`);
  return stdout + stderr;
}

/** An upstream's address as programs in C want it, and the name in its certificate. */
export function addressOf({ url }: ArmUpstream): { address: string; name: string; tls: boolean } {
  const { protocol, hostname, port } = new URL(url);
  const tls = protocol === 'https:';
  // They would take both of a name's addresses, and nobody listens at ::1.
  const host = hostname === 'localhost' ? '127.0.0.1' : hostname;
  return { address: `${host}:${port || (tls ? 443 : 80)}`, name: hostname, tls };
}

export interface PeerSettings {
  readonly name: string;
  readonly version: string;
  /** The path of a folder for its files, and a free port of 127.0.0.1, where it is to listen. */
  prepare(
    folder: string,
    port: number,
  ): {
    readonly command: readonly string[];
    /** By name. */
    readonly files?: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>>;
  };
  /** Default: the measured one. */
  readonly core?: number;
  /** Default: `ANY_CLIENT`. */
  readonly client?: Pick<PeerArm, 'headers' | 'model'>;
}

/** Starts a program and waits until it listens. Its folder goes with it. */
export async function startPeer(settings: PeerSettings): Promise<PeerArm> {
  const { name, version, core = MEASURED_CORE, client = ANY_CLIENT } = settings;
  const folder = mkdtempSync(join(tmpdir(), 'apipod-peer-'));
  const port = await freePort();
  const { command, files = {}, env } = settings.prepare(folder, port);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const process = new Process(command, core, env);
  process.child.stdout!.resume();
  const stop = async () => {
    await process.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  if (!(await listens(port, process))) {
    await stop();
    throw new Error(`${command.join(' ')} does not listen`);
  }
  const url = `http://127.0.0.1:${port}`;
  return { ...client, name, version, url, pids: () => processTree(process.pid), stop };
}

async function listens(port: number, process: Process): Promise<boolean> {
  const until = performance.now() + START_TIMEOUT_MS;
  while (process.alive && performance.now() < until) {
    const socket = connect(port, '127.0.0.1');
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (connected) return true;
    await delay(20);
  }
  return false;
}
