// The upstream of all arms, as a program: prints its URL, then takes messages `{ mode }` and answers each once it is in
// force, for requests that come from then on. On uWebSockets.js, so that it is not what limits the fastest arm.
import { loadAddon } from '../../src/core/server/uws/addon.ts';
import { completion, stream } from './answers.ts';
import type { Mode } from './modes.ts';
import { Pacer } from './pacer.ts';
import { type Closing, type Reply, replyBurst, replyIdle, replyJson, replyPaced } from './replies.ts';

const failures: string[] = [];
const loaded = loadAddon(failures);
if (loaded === undefined) throw new Error(`No build of uWebSockets.js loads: ${failures.join('; ')}`);

let reply: Reply = replyJson(completion(1_024));

function replyOf(mode: Mode): Reply {
  switch (mode.kind) {
    case 'json':
      return replyJson(completion(mode.bytes));
    case 'idle':
      return replyIdle(stream(1));
    case 'sse': {
      const parts = stream(mode.chunks, mode.textBytes);
      if (mode.intervalMs === 0) return replyBurst(parts);
      return replyPaced(parts, new Pacer(mode.intervalMs));
    }
  }
}

const app = loaded.addon.App();
app.any('/*', (res) => {
  const closing: Closing = { closed: false };
  res.onAborted(() => {
    closing.closed = true;
    closing.onClose?.();
  });
  res.onData((_, last) => {
    if (last && !closing.closed) reply(res, closing);
  });
});
app.listen('127.0.0.1', 0, (socket) => {
  if (socket === false) throw new Error('no port is free');
  console.log(`http://127.0.0.1:${loaded.addon.us_socket_local_port(socket)}`);
});

process.on('message', ({ mode }: { readonly mode: Mode }) => {
  reply = replyOf(mode);
  process.send!({ mode });
});
process.on('SIGTERM', () => process.exit(0));
