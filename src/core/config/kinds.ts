/** One setting. `parse` gives its value or throws a plain Error that says what it should be. */
export interface Setting<T> {
  readonly describe: string;
  /** Kind and range, for the docs. */
  readonly kind: string;
  /** For the docs; undefined: unset. */
  readonly defaultText: string | undefined;
  parse(raw: string | undefined): T;
}

export function integer(
  standard: number | (() => number),
  min: number,
  max: number,
  describe: string,
): Setting<number> {
  return {
    describe,
    kind: `integer, ${min} to ${max}`,
    defaultText: typeof standard === 'number' ? String(standard) : 'number of cores',
    parse(raw) {
      if (raw === undefined) return typeof standard === 'number' ? standard : standard();
      const value = /^\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN;
      if (!(value >= min && value <= max)) throw new Error(`must be a whole number from ${min} to ${max}`);
      return value;
    },
  };
}

export function choice<const T extends string>(
  standard: T,
  choices: readonly T[],
  describe: string,
): Setting<T> {
  return {
    describe,
    kind: choices.map((name) => `\`${name}\``).join(', '),
    defaultText: standard,
    parse(raw) {
      const value = raw === undefined ? standard : choices.find((name) => name === raw);
      if (value === undefined) throw new Error(`must be one of ${choices.join(', ')}`);
      return value;
    },
  };
}

export function text(standard: string, describe: string): Setting<string> {
  return { describe, kind: 'text', defaultText: standard, parse: (raw) => raw ?? standard };
}

export function optionalText(describe: string): Setting<string | undefined> {
  return { describe, kind: 'text', defaultText: undefined, parse: (raw) => raw };
}

export function secret(describe: string): Setting<string | undefined> {
  return {
    describe,
    kind: 'text, 16 characters or more',
    defaultText: undefined,
    parse(raw) {
      if (raw !== undefined && raw.length < 16) throw new Error('must have at least 16 characters');
      return raw;
    },
  };
}

export function databaseUrl(describe: string): Setting<string | undefined> {
  return {
    describe,
    kind: 'connection string',
    defaultText: undefined,
    parse(raw) {
      if (raw !== undefined && !/^postgres(ql)?:\/\//.test(raw)) {
        throw new Error('must be a connection string such as postgres://user:password@host:5432/apipod');
      }
      return raw;
    },
  };
}
