import type { ArmUpstream } from './arm.ts';
import { addressOf, ask } from './start.ts';

/** Kept open to the upstream while idle; above the number of requests at once in any scenario that reuses them. */
const IDLE_UPSTREAM_CONNECTIONS = 1024;
/** Two for each exchange. */
const CONNECTIONS = 16_384;

export interface NginxParts {
  readonly folder: string;
  readonly port: number;
  readonly upstream: ArmUpstream;
  /** Lines before all others: modules. */
  readonly top?: string;
  /** Lines of the `http` block, before the upstream. */
  readonly http?: string;
  /** Names of upstreams, all of them at the one address. Default: one. */
  readonly upstreams?: readonly string[];
  /** Lines of the one location. Default: passes everything on to the upstream. */
  readonly location?: string;
}

/** `nginx 1.22.1`. @throws if it is missing */
export function nginxVersion(): string {
  const version = /nginx\/(\S+)/.exec(ask('nginx', '-v', 'nginx-light'))?.[1];
  return `nginx ${version ?? '?'}`;
}

/** Of a folder with its `nginx.conf`; errors go to stderr from the start. */
export function nginxCommand(folder: string): readonly string[] {
  return ['nginx', '-e', 'stderr', '-p', folder, '-c', `${folder}/nginx.conf`];
}

/**
 * One worker and no log. What does not follow from the scenarios is as https://nginx.org/en/docs/ advises: for keep-alive
 * to upstreams HTTP/1.1 and an empty Connection header (ngx_http_upstream_module, `keepalive`); `proxy_buffering off`
 * passes an answer on as it comes, at most `proxy_buffer_size` at a time (ngx_http_proxy_module). A prompt is read to its
 * end into memory, as the gateway does, and passed on in one piece.
 */
export function nginxConfig(parts: NginxParts): string {
  const { folder, port, upstream, top = '', http = '', upstreams = ['upstream'] } = parts;
  const { address, name, tls } = addressOf(upstream);
  const scheme = tls ? 'https' : 'http';
  const { location = `proxy_pass ${scheme}://${upstreams[0]};` } = parts;
  // Started by root its worker would become nobody, who may not enter the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  return `${top}
${user}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr warn;
pcre_jit on;
events { worker_connections ${CONNECTIONS}; }
http {
  ${temporary.join('\n  ')}
  access_log off;
  server_tokens off;
  tcp_nodelay on;
  keepalive_timeout 1h;
  keepalive_time 1d;
  keepalive_requests 1000000000;
  client_max_body_size 10m;
  client_body_buffer_size 1m;
  client_header_timeout 1h;
  client_body_timeout 1h;
  send_timeout 1h;
  reset_timedout_connection on;

  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host ${name}:${new URL(upstream.url).port};
  proxy_request_buffering on;
  proxy_buffering off;
  proxy_buffer_size 64k;
  proxy_buffers 8 64k;
  proxy_connect_timeout 10s;
  proxy_send_timeout 1h;
  proxy_read_timeout 1h;
  proxy_next_upstream off;
  ${tls ? proxyTls(name, upstream.caFile) : ''}
  ${http}
  ${upstreams.map((each) => upstreamBlock(each, address)).join('\n  ')}
  server {
    listen 127.0.0.1:${port} reuseport backlog=4096;
    location / {
      ${location}
    }
  }
}
`;
}

function upstreamBlock(name: string, address: string): string {
  return `upstream ${name} {
    server ${address} max_fails=0;
    keepalive ${IDLE_UPSTREAM_CONNECTIONS};
    keepalive_timeout 1h;
    keepalive_time 1d;
    keepalive_requests 1000000000;
  }`;
}

/** It checks the certificate and resumes sessions. */
function proxyTls(name: string, caFile: string | undefined): string {
  return `proxy_ssl_protocols TLSv1.2 TLSv1.3;
  proxy_ssl_session_reuse on;
  proxy_ssl_server_name on;
  proxy_ssl_name ${name};
  proxy_ssl_verify on;
  proxy_ssl_trusted_certificate ${caFile ?? '/etc/ssl/certs/ca-certificates.crt'};`;
}
