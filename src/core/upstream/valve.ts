import type { Socket } from 'node:net';

/**
 * Holds back what a socket has received. undici can pause its parser for that, but fails an assertion, and with it the
 * process, when the connection ends while the parser is paused (7.30.2, nodejs/undici#5360). So its parser never
 * pauses: while the valve is shut, its reads of the socket find nothing, and the socket's own buffer fills up.
 */
export class Valve {
  readonly #socket: Socket;
  #shut = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    const { read } = socket;
    socket.read = (size?: number) => (this.#shut ? null : read.call(socket, size));
  }

  shut(): void {
    this.#shut = true;
  }

  /** Not from inside a read. */
  open(): void {
    if (!this.#shut) return;
    this.#shut = false;
    // What has been passed over meanwhile is not announced again.
    this.#socket.emit('readable');
  }

  /** The answer is complete, and the read that brought its end goes on by itself. */
  release(): void {
    this.#shut = false;
  }
}
