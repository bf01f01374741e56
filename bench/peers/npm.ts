import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/paths.ts';
import { processTree } from '../cpu.ts';
import { MEASURED_CORE, Program } from '../program.ts';
import type { ArmKind } from './arm.ts';
import { ANY_CLIENT } from './start.ts';

const FOLDER = join(packageRoot, 'bench', 'peers');

/** The folder of an installed package and its version. @throws if it is not installed */
export function findPackage(name: string): { readonly folder: string; readonly version: string } {
  const folder = join(FOLDER, 'node_modules', name);
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) throw new Error(`${name} is missing: npm ci --prefix bench/peers`);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return { folder, version };
}

export interface NodePeer {
  readonly name: string;
  /** A file of `programs`; it takes `--upstream URL [--ca FILE]`, and prints its URL as soon as it listens. */
  readonly program: string;
  /** The version. @throws if something is missing */
  version(): string;
}

/** A proxy on Node, in a process of its own. */
export function nodePeer({ name, program, version }: NodePeer): ArmKind {
  return {
    name,
    async start({ url, caFile }) {
      const found = version();
      const args = ['--upstream', url, ...(caFile === undefined ? [] : ['--ca', caFile])];
      const running = new Program(join(FOLDER, 'programs', program), MEASURED_CORE, args);
      return {
        ...ANY_CLIENT,
        name,
        version: found,
        url: await running.firstLine(),
        pids: () => processTree(running.pid),
        stop: () => running.stop(),
      };
    },
  };
}
