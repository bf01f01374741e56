import type { ArmKind, ArmUpstream } from '../arm.ts';
import { addressOf, ask, startPeer } from '../start.ts';

export const haproxy: ArmKind = {
  name: 'haproxy',
  start: (upstream) =>
    startPeer({
      name: 'haproxy',
      version: `haproxy ${/version (\d+\.\d+\.\d+)/.exec(ask('haproxy', '-v', 'haproxy'))?.[1] ?? '?'}`,
      prepare: (folder, port) => ({
        command: ['haproxy', '-db', '-f', `${folder}/haproxy.cfg`],
        files: { 'haproxy.cfg': config(port, upstream) },
      }),
    }),
};

/**
 * One thread, no log. What does not follow from the scenarios is as https://docs.haproxy.org/2.6/configuration.html
 * advises: `http-reuse always` shares connections to the upstream among clients; `http-no-delay`, or the next chunk of a
 * stream could wait for more to fill a packet. The limit of connections follows from that of open files;
 * idle ones to the upstream are kept until 90 % of those are in use, not 25 %.
 */
function config(port: number, upstream: ArmUpstream): string {
  const { address, name, tls } = addressOf(upstream);
  const trusted = upstream.caFile ?? '/etc/ssl/certs/ca-certificates.crt';
  const ssl = tls ? ` ssl verify required ca-file ${trusted} sni str(${name}) verifyhost ${name}` : '';
  return `global
  nbthread 1
  tune.pool-high-fd-ratio 90
  tune.pool-low-fd-ratio 80

defaults
  mode http
  no log
  http-reuse always
  option http-no-delay
  timeout connect 10s
  timeout client 1h
  timeout server 1h
  timeout http-request 1h
  timeout http-keep-alive 1h

frontend clients
  bind 127.0.0.1:${port} backlog 4096
  default_backend upstream

backend upstream
  server upstream ${address} pool-purge-delay 1h${ssl}
`;
}
