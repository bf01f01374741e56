// Clients leave before they have what they asked for.
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Case, Scene } from '../case.ts';
import { type Kind, kindsOf, type Leave, QUICK } from '../kinds.ts';

const ABORTS_PER_SECOND = 2_000;
const BURSTS_PER_SECOND = 200;
const ABORTS_SECONDS = 3;
const LINGER_MS_MAX = 10;

const leaving = (leaves: Leave, script: Parameters<typeof kindsOf>[2]): readonly Kind[] =>
  kindsOf('leaves', true, script, { fate: 'left', leaves });

const theWholeLoad: Case['act'] = ({ load, amount }) => load.reached(amount);

/** A request on a connection of its own, which is gone a moment later. */
function abort(url: string, token: string, kind: Kind, id: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const head = [
    `POST ${kind.path} HTTP/1.1`,
    `host: ${hostname}`,
    'content-type: application/json',
    `authorization: Bearer ${token}`,
    `x-request-id: ${id}`,
    `content-length: ${Buffer.byteLength(kind.body)}`,
  ];
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const leave = (): void => {
      // Half of them politely.
      if (Math.random() < 0.5) socket.destroy();
      else socket.resetAndDestroy();
    };
    socket.on('connect', () => {
      socket.write(`${head.join('\r\n')}\r\n\r\n${kind.body}`);
      setTimeout(leave, Math.random() * LINGER_MS_MAX);
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}

async function storm({ rig, load, note }: Scene): Promise<void> {
  const kinds = [...QUICK, ...kindsOf('storm', true, { chunks: 20, delayMs: 20 })];
  const startedAt = performance.now();
  const open: Promise<void>[] = [];
  let left = 0;
  while (left < ABORTS_PER_SECOND * ABORTS_SECONDS) {
    for (let i = 0; i < ABORTS_PER_SECOND / BURSTS_PER_SECOND; i++) {
      const kind: Kind = { ...kinds[left++ % kinds.length]!, fate: 'left' };
      const id = randomUUID();
      const begunAt = performance.now();
      open.push(
        abort(rig.url, load.token, kind, id).then(() => {
          load.sent.push({
            id,
            kind,
            startedAt: begunAt,
            endedAt: performance.now(),
            end: 'left',
            status: 0,
            words: '',
          });
        }),
      );
    }
    const dueMs = (left / ABORTS_PER_SECOND) * 1_000;
    await pause(Math.max(0, startedAt + dueMs - performance.now()));
  }
  note(`${Math.round(left / ((performance.now() - startedAt) / 1_000))} aborts a second`);
  await Promise.all(open);
}

export const CLIENT_CASES: readonly Case[] = [
  {
    name: 'client-before-head',
    fault: 'client gone before the head',
    expected: 'one row for each; the upstream is cancelled',
    kinds: leaving('before-head', { headDelayMs: 2_000 }),
    act: theWholeLoad,
  },
  {
    name: 'client-mid-stream',
    fault: 'client gone in mid-stream',
    expected: 'one row for each, with what was delivered',
    short: true,
    kinds: leaving('mid-stream', { chunks: 50, delayMs: 20 }),
    act: theWholeLoad,
  },
  {
    name: 'client-last-chunk',
    fault: 'client gone in the last chunk',
    expected: 'one row for each, as reported where it was',
    kinds: leaving('last-chunk', { chunks: 2, delayMs: 10 }),
    act: theWholeLoad,
  },
  {
    name: 'abort-storm',
    fault: `${ABORTS_PER_SECOND} aborts a second`,
    expected: 'one row for each that was routed',
    act: storm,
  },
];
