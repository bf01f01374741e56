import { SETTINGS, type SettingName } from './settings.ts';
import { readUpstreams, type UpstreamSettings } from './upstreams.ts';

type Value<K extends SettingName> = ReturnType<(typeof SETTINGS)[K]['parse']>;

export type Config = { readonly [K in SettingName]: Value<K> } & {
  /** By `settingName`. */
  readonly upstreams: ReadonlyMap<string, UpstreamSettings>;
};

/** All problems of the settings in one message. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`Bad settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}\nSee docs/config.md.`);
    this.name = 'ConfigError';
  }
}

/**
 * Reads the settings from an environment. An empty value counts as unset.
 * @throws {ConfigError} with every problem in it
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    try {
      values[name] = setting.parse(environment[name] || undefined);
    } catch (problem) {
      problems.push(`${name} ${(problem as Error).message}`);
    }
  }
  const upstreams = readUpstreams(environment, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({ ...values, upstreams }) as unknown as Config;
}
