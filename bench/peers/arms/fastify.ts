import type { ArmKind } from '../arm.ts';
import { findPackage, nodePeer } from '../npm.ts';

/** The proxy most used with fastify. */
export const fastify: ArmKind = nodePeer({
  name: 'fastify',
  program: 'fastify.mjs',
  version: () =>
    `@fastify/http-proxy ${findPackage('@fastify/http-proxy').version}, fastify ${findPackage('fastify').version}`,
});
