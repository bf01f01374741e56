import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { OTHER_CORE } from '../program.ts';
import type { ArmUpstream } from './arm.ts';
import { nginxCommand, nginxVersion } from './nginx.ts';
import { startPeer } from './start.ts';

/** nginx takes no longer parameters: https://nginx.org/en/docs/ (src/core/ngx_conf_file.c, NGX_CONF_BUFFER). */
const BODY_BYTES_MAX = 4_000;

export interface TlsUpstream extends ArmUpstream {
  readonly caFile: string;
  stop(): Promise<void>;
}

/**
 * An upstream with TLS that always gives one answer: nginx, which needs nothing behind it for that. A terminator in
 * front of the other upstream would cost the load's core a second hop, and node:https more than all of it.
 * @param body JSON without quotes of the single kind, dollars and backslashes
 */
export async function startTlsUpstream(body: string): Promise<TlsUpstream> {
  if (body.length > BODY_BYTES_MAX || /['$\\]/.test(body)) throw new Error('nginx cannot hold this answer');
  let caFile = '';
  const { url, stop } = await startPeer({
    name: 'upstream',
    version: nginxVersion(),
    core: OTHER_CORE,
    prepare(folder, port) {
      caFile = makeCertificate(folder);
      return { command: nginxCommand(folder), files: { 'nginx.conf': config(folder, port, body) } };
    },
  });
  return { url: `https://localhost:${new URL(url).port}`, caFile, stop };
}

/** Of `localhost`, with its key beside it. @throws without openssl */
function makeCertificate(folder: string): string {
  const file = join(folder, 'cert.pem');
  const { status } = spawnSync('openssl', [
    ...['req', '-x509', '-nodes', '-days', '2', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
    ...['-keyout', join(folder, 'key.pem'), '-out', file],
  ]);
  if (status !== 0) throw new Error('no certificate can be made: apt-get install openssl');
  return file;
}

function config(folder: string, port: number, body: string): string {
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  server_tokens off;
  client_body_temp_path ${folder}/body;
  client_max_body_size 10m;
  keepalive_timeout 1h;
  keepalive_time 1d;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:${port} ssl reuseport;
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    default_type application/json;
    location / { return 200 '${body}'; }
  }
}
`;
}
