import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What the gateway uses of uWebSockets.js. Declared here because every build of it is optional. */
export interface Addon {
  App(): App;
  us_listen_socket_close(socket: ListenSocket): void;
  us_socket_local_port(socket: ListenSocket): number;
  _cfg?(key: string): void;
}

export interface App {
  any(pattern: string, handler: (res: HttpResponse, req: HttpRequest) => void): App;
  listen(host: string, port: number, callback: (socket: ListenSocket | false) => void): App;
  close(): App;
}

export interface ListenSocket {
  readonly native: unique symbol;
}

/** Dead once the handler has returned. */
export interface HttpRequest {
  /** Lower case. */
  getMethod(): string;
  getUrl(): string;
  /** Older builds give undefined if there is none. */
  getQuery(): string | undefined;
  /** Names in lower case. Stops at an empty one. */
  forEach(callback: (name: string, value: string) => void): void;
}

/** Dead after `end`, `endWithoutBody`, `close`, a whole `tryEnd`, and once `onAborted` has been called: it then throws. */
export interface HttpResponse {
  cork(callback: () => void): HttpResponse;
  writeStatus(status: string): HttpResponse;
  writeHeader(name: string, value: string | Uint8Array): HttpResponse;
  /** @returns false when there is backpressure, which is known only from the second write on */
  write(chunk: Uint8Array): boolean;
  end(body?: Uint8Array, closeConnection?: boolean): HttpResponse;
  endWithoutBody(reportedLength?: number, closeConnection?: boolean): HttpResponse;
  /** @returns whether all could be sent, and whether the response is complete */
  tryEnd(rest: Uint8Array, totalBytes: number): [ok: boolean, done: boolean];
  onWritable(callback: (offset: number) => boolean): HttpResponse;
  onAborted(callback: () => void): HttpResponse;
  /** @param callback its buffer is lent until it returns */
  onData(callback: (chunk: ArrayBuffer, last: boolean) => void): HttpResponse;
  pause(): void;
  resume(): void;
  close(): HttpResponse;
}

export interface Loaded {
  readonly addon: Addon;
  /** Major and minor, `20.57`. */
  readonly version: string;
}

/**
 * Where builds of uWebSockets.js may be found, newest first. Their binaries are loaded directly: the older package's
 * own entry falls back to a slow server in JavaScript without a word.
 */
const PACKAGES = [
  { name: 'uWebSockets.js', folder: '' },
  { name: 'uws-compat', folder: 'binaries' },
] as const;

const REASON_LENGTH_MAX = 100;

const require = createRequire(import.meta.url);

/** @param failures gets one short line for each build that did not load */
export function loadAddon(failures: string[]): Loaded | undefined {
  for (const { name, folder } of PACKAGES) {
    try {
      return load(name, folder);
    } catch (thrown) {
      failures.push(`${name}: ${reason(thrown)}`);
    }
  }
  return undefined;
}

function load(name: string, folder: string): Loaded {
  const root = require.resolve
    .paths(name)
    ?.map((path) => join(path, name))
    .find((path) => existsSync(join(path, 'package.json')));
  if (root === undefined) throw new Error('not installed');
  const { platform, arch, versions } = process;
  const binary = join(root, folder, `uws_${platform}_${arch}_${versions.modules}.node`);
  if (!existsSync(binary)) throw new Error(`no build for ${platform} ${arch}, Node ABI ${versions.modules}`);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const addon = require(binary) as Addon;
  // Otherwise every response names its server in a header.
  addon._cfg?.('silent');
  return { addon, version: manifest.version.split('.').slice(0, 2).join('.') };
}

function reason(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message
    .split('\n', 1)[0]!
    .replace(/ \(required by .*/, '')
    .slice(0, REASON_LENGTH_MAX);
}
