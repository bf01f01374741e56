import { connect, isIP, type OnReadOpts, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

const KEEP_ALIVE_PROBE_MS = 60_000;

/** Opens sockets to one origin. */
export class Dialer {
  /** TLS. */
  readonly secure: boolean;
  /** The event of a socket that may be written to. */
  readonly readyEvent: 'connect' | 'secureConnect';
  readonly #host: string;
  readonly #port: number;
  readonly #servername: string;
  /** TLS: the last one, to be resumed. */
  #session: Buffer | undefined;

  /** @param origin `http://host:port` or `https://…` */
  constructor(origin: string) {
    const { protocol, hostname, port } = new URL(origin);
    this.secure = protocol === 'https:';
    this.readyEvent = this.secure ? 'secureConnect' : 'connect';
    this.#host = hostname.replace(/^\[(.*)\]$/, '$1');
    this.#port = Number(port) || (this.secure ? 443 : 80);
    // RFC 6066, section 3: an address is no server name.
    this.#servername = isIP(this.#host) === 0 ? this.#host : '';
  }

  open(onread: OnReadOpts): Socket {
    const where = { host: this.#host, port: this.#port, onread };
    const socket = this.secure ? this.#openTls(where) : connect(where);
    return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
  }

  #openTls(where: ConnectionOptions): Socket {
    const socket = connectTls({
      ...where,
      servername: this.#servername,
      ALPNProtocols: ['http/1.1'],
      ...(this.#session && { session: this.#session }),
    });
    return socket.on('session', (session) => {
      this.#session = session;
    });
  }
}
