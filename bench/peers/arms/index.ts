import type { ArmKind } from '../arm.ts';
import { direct } from './direct.ts';
import { fastProxy } from './fast-proxy.ts';
import { fastify } from './fastify.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import { nginxLua } from './nginx-lua.ts';
import { nodeHttp } from './node-http.ts';
import { portkey } from './portkey.ts';

/** All that the gateway is compared with, in the order of the tables. */
export const peers: readonly ArmKind[] = [
  direct,
  nginx,
  haproxy,
  nginxLua,
  portkey,
  fastify,
  fastProxy,
  nodeHttp,
];
