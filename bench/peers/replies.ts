import type { HttpResponse } from '../../src/core/server/uws/addon.ts';
import { SLICE_BYTES } from '../../src/core/server/uws/outbox.ts';
import type { StreamParts } from './answers.ts';
import type { Paced, Pacer } from './pacer.ts';

/** Whether the client has left, and what to do when it does. Nothing may be called on a response after that. */
export interface Closing {
  closed: boolean;
  onClose?: () => void;
}

/** Answers one request that has come to its end. */
export type Reply = (res: HttpResponse, closing: Closing) => void;

const SMALL_BYTES_MAX = SLICE_BYTES - 1_024;

export function replyJson(body: Buffer): Reply {
  const head = (res: HttpResponse) =>
    res.writeStatus('200 OK').writeHeader('content-type', 'application/json');
  if (body.length <= SMALL_BYTES_MAX) {
    return (res) => {
      res.cork(() => {
        head(res).end(body);
      });
    };
  }
  // In one cork a large body can be corrupted under backpressure; `tryEnd` says how far it came.
  return (res, closing) => {
    const send = (offset: number): boolean => {
      const [ok, done] = res.tryEnd(body.subarray(offset), body.length);
      if (done) closing.closed = true;
      return ok;
    };
    res.onWritable((offset) => closing.closed || send(offset));
    res.cork(() => {
      head(res);
      send(0);
    });
  };
}

/** Everything in one go, as much in a cork as it takes; what a slow reader leaves waits for the next `onWritable`. */
export function replyBurst({ chunks, tail }: StreamParts): Reply {
  return (res, closing) => {
    let next = 0;
    const send = (): void => {
      while (!closing.closed) {
        let open = true;
        res.cork(() => {
          if (next === 0) startStream(res);
          for (let bytes = 0; next < chunks.length && open; next++) {
            const chunk = chunks[next]!;
            if (bytes > 0 && bytes + chunk.length > SMALL_BYTES_MAX) return;
            bytes += chunk.length + CHUNK_FRAMING_BYTES;
            open = res.write(chunk);
          }
          if (!open) return;
          closing.closed = true;
          res.end(tail);
        });
        if (!open) return;
      }
    };
    resumeOnWritable(res, closing, send);
    send();
  };
}

/** Chunk by chunk in the stream's slot of the pacer; a reader who is behind loses no chunk, but gets them later. */
export function replyPaced({ chunks, tail }: StreamParts, pacer: Pacer): Reply {
  return (res, closing) => {
    let next = 0;
    const write = (): void => {
      res.write(chunks[next++]!);
    };
    const end = (): void => {
      closing.closed = true;
      res.end(tail);
    };
    const paced: Paced = {
      step() {
        if (closing.closed) return false;
        res.cork(next < chunks.length ? write : end);
        return !closing.closed;
      },
    };
    closing.onClose = () => pacer.remove(paced);
    resumeOnWritable(res, closing, () => {});
    res.cork(() => {
      startStream(res);
      write();
    });
    pacer.add(paced);
  };
}

/** The first chunk, and nothing more until the client leaves. */
export function replyIdle({ chunks }: StreamParts): Reply {
  return (res, closing) => {
    resumeOnWritable(res, closing, () => {});
    res.cork(() => {
      startStream(res);
      res.write(chunks[0]!);
    });
  };
}

/** Length, CR LF and CR LF. */
const CHUNK_FRAMING_BYTES = 8;

function startStream(res: HttpResponse): void {
  res
    .writeStatus('200 OK')
    .writeHeader('content-type', 'text/event-stream')
    .writeHeader('cache-control', 'no-cache');
}

/** The empty cork sends what uWebSockets.js itself still holds. */
function resumeOnWritable(res: HttpResponse, closing: Closing, resume: () => void): void {
  res.onWritable(() => {
    if (closing.closed) return true;
    res.cork(() => {});
    resume();
    return true;
  });
}
