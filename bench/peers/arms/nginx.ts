import type { ArmKind } from '../arm.ts';
import { nginxCommand, nginxConfig, nginxVersion } from '../nginx.ts';
import { startPeer } from '../start.ts';

/** The goal's measure: a proxy in C that passes everything on. */
export const nginx: ArmKind = {
  name: 'nginx',
  start: (upstream) =>
    startPeer({
      name: 'nginx',
      version: nginxVersion(),
      prepare: (folder, port) => ({
        command: nginxCommand(folder),
        files: { 'nginx.conf': nginxConfig({ folder, port, upstream }) },
      }),
    }),
};
