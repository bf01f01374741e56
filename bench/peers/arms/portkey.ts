import { join } from 'node:path';
import type { ArmKind } from '../arm.ts';
import { findPackage } from '../npm.ts';
import { ANY_CLIENT, startPeer } from '../start.ts';

const PACKAGE = '@portkey-ai/gateway';

/**
 * Its Node server as published, without the console (https://github.com/Portkey-AI/gateway, src/start-server.ts). It is
 * told by each request where to send it, which is its usual way; no configs, no guardrails, no cache, no retries. It
 * trusts custom hosts on loopback.
 */
export const portkey: ArmKind = {
  name: 'portkey',
  async start({ url, caFile }) {
    const { folder, version } = findPackage(PACKAGE);
    return startPeer({
      name: 'portkey',
      version: `${PACKAGE} ${version}`,
      prepare: (_, port) => ({
        command: [process.execPath, join(folder, 'build/start-server.js'), '--headless', `--port=${port}`],
        env: {
          NODE_ENV: 'production',
          // It asks with Node's fetch.
          ...(caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: caFile }),
        },
      }),
      client: {
        ...ANY_CLIENT,
        headers: {
          ...ANY_CLIENT.headers,
          'x-portkey-provider': 'openai',
          'x-portkey-custom-host': `${url}/v1`,
        },
      },
    });
  },
};
