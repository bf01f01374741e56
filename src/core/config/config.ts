import { SETTINGS, type SettingName } from './settings.ts';
import { readUpstreams, type UpstreamSettings } from './upstreams.ts';

type Value<K extends SettingName> = ReturnType<(typeof SETTINGS)[K]['parse']>;

export type Config = { readonly [K in SettingName]: Value<K> } & {
  /** By `settingName`. */
  readonly upstreams: ReadonlyMap<string, UpstreamSettings>;
};

/** Files of the journal go as a whole: with fewer of them it would be full while it is only being shipped. */
const SEGMENTS_MIN = 4;

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
  checkTogether(values as Partial<Config>, problems);
  const upstreams = readUpstreams(environment, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({ ...values, upstreams }) as unknown as Config;
}

/** What no setting can tell by itself. @param values without those that are wrong by themselves */
function checkTogether(values: Partial<Config>, problems: string[]): void {
  const { JOURNAL_BYTES_MAX, JOURNAL_SEGMENT_BYTES } = values;
  if (JOURNAL_BYTES_MAX === undefined || JOURNAL_SEGMENT_BYTES === undefined) return;
  const min = SEGMENTS_MIN * JOURNAL_SEGMENT_BYTES;
  if (JOURNAL_BYTES_MAX >= min) return;
  problems.push(
    `JOURNAL_BYTES_MAX must be at least ${SEGMENTS_MIN} times JOURNAL_SEGMENT_BYTES: ${min}; ` +
      'raise the one or lower the other',
  );
}
