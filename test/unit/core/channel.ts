// The line between the primary and a worker: a message that comes before somebody listens is not lost.
import { EventEmitter } from 'node:events';
import t from 'tap';
import { MISSED_MAX, openChannel } from '../../../src/core/channel.ts';

t.test('a worker that is told to stop while it still starts hears it when it can', async (t) => {
  const peer = Object.assign(new EventEmitter(), { connected: true });
  const channel = openChannel(peer as never);
  peer.emit('message', { kind: 'stop', message: { timeoutMs: 5 } });
  peer.emit('message', { kind: 'stop', message: { timeoutMs: 0 } });
  peer.emit('message', { unrelated: true });
  const heard: number[] = [];
  channel.on('stop', ({ timeoutMs }) => heard.push(timeoutMs));
  t.same(heard, [5, 0], 'all of it, in order');
  peer.emit('message', { kind: 'stop', message: { timeoutMs: 7 } });
  t.same(heard, [5, 0, 7]);
});

t.test('what changed while a worker started is told whole, and nothing of it twice', async (t) => {
  const peer = Object.assign(new EventEmitter(), { connected: true });
  const channel = openChannel(peer as never);
  const change = (key: number) => ({ kind: 'change', message: { changes: [{ kind: 'plan', key }] } });
  const heard: (number | string | null)[] = [];
  peer.emit('message', change(1));
  peer.emit('message', { kind: 'collect', message: { id: 4 } });
  peer.emit('message', change(2));
  channel.on('change', ({ changes }) => {
    heard.push(...changes.map(({ key }) => key));
    // While what had come before is told.
    if (heard.length === 1) peer.emit('message', change(3));
  });
  t.same(heard, [1, 2, 3]);
  channel.on('change', ({ changes }) => heard.push(...changes.map(({ key }) => key)));
  t.same(heard, [1, 2, 3]);
});

t.test('of what nobody listens for only the latest are kept', async (t) => {
  const peer = Object.assign(new EventEmitter(), { connected: true });
  const channel = openChannel(peer as never);
  for (let id = 0; id < MISSED_MAX + 3; id++) peer.emit('message', { kind: 'collect', message: { id } });
  const heard: number[] = [];
  channel.on('collect', ({ id }) => heard.push(id));
  t.same(
    heard,
    Array.from({ length: MISSED_MAX }, (_, i) => i + 3),
  );
});

t.test('a worker that loses its primary while it still starts learns of it when it asks', async (t) => {
  const peer = Object.assign(new EventEmitter(), { connected: true });
  const channel = openChannel(peer as never);
  peer.connected = false;
  peer.emit('disconnect');
  await new Promise<void>((resolve) => channel.onDisconnect(resolve));
  t.notOk(channel.connected);
});
