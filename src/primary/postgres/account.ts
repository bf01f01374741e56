import { existsSync, readFileSync, statSync } from 'node:fs';

/** The user that PostgreSQL runs as where we are root, as which it refuses to run. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * @returns undefined to run as ourselves; as root the owner of the data, or else `postgres` or `nobody`: initdb wants
 * a user that /etc/passwd knows
 */
export function accountFor(dataDir: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name: name!, uid: Number(uid), gid: Number(gid) }));
  const owner = existsSync(dataDir) ? statSync(dataDir) : undefined;
  if (owner !== undefined && owner.uid !== 0) {
    const name = accounts.find(({ uid }) => uid === owner.uid)?.name ?? String(owner.uid);
    return { name, uid: owner.uid, gid: owner.gid };
  }
  return accounts.find(({ name }) => name === 'postgres') ?? accounts.find(({ name }) => name === 'nobody');
}
