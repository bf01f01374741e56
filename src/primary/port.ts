import { createServer } from 'node:net';

/**
 * Makes sure that nobody else listens there. Workers share the port (SO_REUSEPORT), so they would silently share it
 * with another gateway too.
 * @throws Error that says what to do
 */
export async function claimPort(host: string, port: number): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject);
      probe.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (cause) {
    throw new Error(explain(host, port, cause as NodeJS.ErrnoException), { cause });
  }
  await new Promise((resolve) => probe.close(resolve));
}

function explain(host: string, port: number, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is taken: another gateway or another program listens there. Stop it, or set PORT.`;
  }
  if (code === 'EACCES')
    return `Port ${port} needs more rights than this user has. Set PORT to 1024 or more.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `This machine has no address ${host}. Set HOST.`;
  return `Cannot listen on ${host}:${port}: ${message}`;
}
