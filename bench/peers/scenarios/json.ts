import type { PeerArm } from '../arm.ts';
import type { Keys, RequestsOrder, RequestsResult } from '../load/orders.ts';
import { OURS } from './arms.ts';
import { probe, targetOf } from './asking.ts';
import { type Measured, measure, type Work } from './measure.ts';

const BYTES = 1_024;
const CONNECTIONS = 50;

export const JSON_MODE = { kind: 'json', bytes: BYTES } as const;

/**
 * A second, beside streams: about half of what the gateway can do. As fast as they can, nginx and HAProxy fill the core
 * of the load.
 */
export const JSON_RATE = 8_000;

interface Options {
  readonly seconds: number;
  /** A second. Default: as fast as they are answered. */
  readonly rate?: number;
  readonly keys?: Keys;
}

/** What to send to an arm for small JSON. The answer is looked at first. */
export async function jsonOrder(arm: PeerArm, { seconds, rate, keys }: Options): Promise<RequestsOrder> {
  const target = targetOf(arm);
  const expected = { status: 200, bytes: await probe(target) };
  return {
    kind: 'requests',
    target,
    connections: CONNECTIONS,
    seconds,
    expected,
    ...(rate !== undefined && { rate }),
    ...(keys !== undefined && { keys }),
  };
}

export interface JsonRound extends Measured<RequestsResult> {
  readonly microsPerRequest: number;
  readonly databasePerRequest: number;
}

/**
 * The upstream closes connections that are idle for 10 seconds; some peers lose the request that they send on one at that
 * moment, where nginx and we ask again.
 */
const LOST_SHARE_MAX = 0.002;

/** Whether an arm may go on although so many have failed. None may for ours. */
export function forgives({ name }: PeerArm, failed: number, all: number): boolean {
  return failed === 0 || (!name.startsWith(OURS) && failed <= all * LOST_SHARE_MAX);
}

/** Small JSON, measured. @throws if answers are bad */
export async function sendJson(work: Work, arm: PeerArm, options: Options): Promise<JsonRound> {
  const order = await jsonOrder(arm, options);
  const measured = await measure(work, arm, () => work.load.run(order));
  const { sent, bad } = measured.result;
  if (!forgives(arm, bad, sent)) throw new Error(`${arm.name}: ${bad} of ${sent} answers were bad`);
  return {
    ...measured,
    microsPerRequest: measured.cpuMicros / sent,
    databasePerRequest: measured.databaseMicros / sent,
  };
}

/** Answers a second that an arm can give, after a moment to get warm. */
export async function capacity(work: Work, arm: PeerArm): Promise<number> {
  await sendJson(work, arm, { seconds: 1 });
  const { result } = await sendJson(work, arm, { seconds: work.bench.quick ? 1 : 3 });
  return result.good / result.seconds;
}
