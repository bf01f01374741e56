// The line between the primary and a worker: a message that comes before somebody listens is not lost.
import { EventEmitter } from 'node:events';
import t from 'tap';
import { openChannel } from '../../../src/core/channel.ts';

t.test('a worker that is told to stop while it still starts hears it when it can', async (t) => {
  const peer = Object.assign(new EventEmitter(), { connected: true });
  const channel = openChannel(peer as never);
  peer.emit('message', { kind: 'stop', message: { timeoutMs: 5 } });
  peer.emit('message', { kind: 'stop', message: { timeoutMs: 0 } });
  peer.emit('message', { unrelated: true });
  const heard: number[] = [];
  channel.on('stop', ({ timeoutMs }) => heard.push(timeoutMs));
  t.same(heard, [0], 'the last word counts');
  peer.emit('message', { kind: 'stop', message: { timeoutMs: 7 } });
  t.same(heard, [0, 7]);
});

t.test('a worker that loses its primary while it still starts learns of it when it asks', async (t) => {
  const peer = Object.assign(new EventEmitter(), { connected: true });
  const channel = openChannel(peer as never);
  peer.connected = false;
  peer.emit('disconnect');
  await new Promise<void>((resolve) => channel.onDisconnect(resolve));
  t.notOk(channel.connected);
});
