import type { ArmKind } from '../arm.ts';
import { direct } from './direct.ts';
import { nginx } from './nginx.ts';

/** All that the gateway is compared with, in the order of the tables. */
export const peers: readonly ArmKind[] = [direct, nginx];
