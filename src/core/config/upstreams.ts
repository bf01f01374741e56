import type { DialectName } from '../types.ts';
import { SETTINGS } from './settings.ts';

export interface UpstreamSettings {
  /** As in the settings: `ANTIGRAVITY`. */
  readonly name: string;
  /** `http://host:port` or `https://…`. */
  readonly origin: string;
  /** Prefix of the paths, without a trailing slash or `/v1`; '' for none. */
  readonly basePath: string;
  readonly key: string | undefined;
  readonly dialect: DialectName;
}

/** The `<NAME>` in the settings of an upstream: `my-bridge` in the database is `MY_BRIDGE` in the environment. */
export function settingName(upstream: string): string {
  return upstream.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
}

const UPSTREAM = /^UPSTREAM_([A-Z0-9_]+)_(URL|KEY|DIALECT)$/;

/** Reads `UPSTREAM_<NAME>_URL`, `_KEY` and `_DIALECT`. @param problems is added to */
export function readUpstreams(
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): ReadonlyMap<string, UpstreamSettings> {
  const names = new Set<string>();
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('UPSTREAM_') || variable in SETTINGS || !value) continue;
    const name = UPSTREAM.exec(variable)?.[1];
    if (name === undefined)
      problems.push(`${variable} is not a setting; upstreams have _URL, _KEY and _DIALECT`);
    else names.add(name);
  }
  const upstreams = new Map<string, UpstreamSettings>();
  for (const name of names) {
    const url = environment[`UPSTREAM_${name}_URL`];
    const dialect = environment[`UPSTREAM_${name}_DIALECT`] || 'openai';
    if (dialect !== 'openai' && dialect !== 'anthropic') {
      problems.push(`UPSTREAM_${name}_DIALECT must be one of openai, anthropic`);
      continue;
    }
    if (!url) {
      problems.push(`UPSTREAM_${name}_URL is missing; other settings of that upstream are there`);
      continue;
    }
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (
      parsed === undefined ||
      !/^https?:$/.test(parsed.protocol) ||
      parsed.search !== '' ||
      parsed.username !== ''
    ) {
      problems.push(
        `UPSTREAM_${name}_URL must be an address such as https://api.example.com, without a query or credentials`,
      );
      continue;
    }
    const key = environment[`UPSTREAM_${name}_KEY`] || undefined;
    if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) {
      problems.push(
        `UPSTREAM_${name}_KEY must be printable ASCII without blanks; is there a line end in it?`,
      );
      continue;
    }
    upstreams.set(name, {
      name,
      origin: parsed.origin,
      basePath: parsed.pathname.replace(/\/+$/, '').replace(/\/v1$/, ''),
      key,
      dialect,
    });
  }
  return upstreams;
}
