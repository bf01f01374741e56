import type { ArmKind } from '../arm.ts';
import { findPackage, nodePeer } from '../npm.ts';

/** Behind node:http, with the undici of its own dependencies. */
export const fastProxy: ArmKind = nodePeer({
  name: 'fastProxy',
  program: 'fast-proxy.mjs',
  version: () => `fast-proxy ${findPackage('fast-proxy').version}`,
});
