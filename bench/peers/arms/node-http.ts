import type { ArmKind } from '../arm.ts';
import { nodePeer } from '../npm.ts';

/** What Node's own `http` costs, without a framework. */
export const nodeHttp: ArmKind = nodePeer({
  name: 'nodeHttp',
  program: 'node-http.mjs',
  version: () => `node ${process.versions.node}`,
});
