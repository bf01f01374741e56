// Settings are validated once, with all problems in one message, and cannot be changed afterwards.
import t from 'tap';
import { ConfigError, readConfig } from '../../../src/core/config/config.ts';

const problems = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
};

t.test('an empty environment gives the defaults, and an empty value counts as unset', async (t) => {
  for (const environment of [{}, { PORT: '', DATABASE_URL: '', ADMIN_SECRET: '', UPSTREAM_X_URL: '' }]) {
    const config = readConfig(environment);
    t.match(config, { PORT: 8081, HOST: '127.0.0.1', DATABASE_URL: undefined, ADMIN_SECRET: undefined });
    t.equal(config.upstreams.size, 0);
  }
});

t.test('all problems come in one message, and each says what would be right', async (t) => {
  const message = problems({
    PORT: '80a',
    WORKERS: '0',
    HTTP_ENGINE: 'apache',
    ADMIN_SECRET: 'short',
    DATABASE_URL: 'mysql://x',
    UPSTREAM_A_URL: 'ftp://x',
    UPSTREAM_B_KEY: 'a key without a url',
    UPSTREAM_D_URL: 'http://d',
    UPSTREAM_D_KEY: 'secret-key\r',
    UPSTREAM_C_URL: 'http://c',
    UPSTREAM_C_DIALECT: 'cohere',
    UPSTREAM_IDLE_TIMEOUT: '5',
  });
  for (const line of [
    /PORT must be a whole number from 1 to 65535/,
    /WORKERS must be a whole number from 1 to 1024/,
    /HTTP_ENGINE must be one of auto, uws, node/,
    /ADMIN_SECRET must have at least 16 characters/,
    /DATABASE_URL must be a connection string/,
    /UPSTREAM_A_URL must be an address/,
    /UPSTREAM_B_URL is missing/,
    /UPSTREAM_D_KEY must be printable ASCII/,
    /UPSTREAM_C_DIALECT must be one of openai, anthropic/,
    /UPSTREAM_IDLE_TIMEOUT is not a setting/,
  ]) {
    t.match(message, line);
  }
  t.notMatch(message, /a key without a url|short|secret-key/, 'secrets are not printed');
});

t.test('settings that do not go together', async (t) => {
  t.throws(
    () => readConfig({ JOURNAL_BYTES_MAX: '1048576', JOURNAL_SEGMENT_BYTES: '262145', WORKERS: '0' }),
    {
      message: /WORKERS must.*\n.*JOURNAL_BYTES_MAX must be at least 4 times JOURNAL_SEGMENT_BYTES: 1048580/,
    },
  );
  t.doesNotThrow(() => readConfig({ JOURNAL_BYTES_MAX: '1048576', JOURNAL_SEGMENT_BYTES: '262144' }));
});

t.test('upstreams', async (t) => {
  const { upstreams } = readConfig({
    UPSTREAM_ANTIGRAVITY_URL: 'http://127.0.0.1:9000/bridge/v1/',
    UPSTREAM_ANTIGRAVITY_DIALECT: 'anthropic',
    UPSTREAM_ANTIGRAVITY_KEY: 'k',
    UPSTREAM_MY_BRIDGE_URL: 'https://bridge.example',
  });
  t.same(upstreams.get('ANTIGRAVITY'), {
    name: 'ANTIGRAVITY',
    origin: 'http://127.0.0.1:9000',
    basePath: '/bridge',
    key: 'k',
    dialect: 'anthropic',
  });
  t.match(upstreams.get('MY_BRIDGE'), { basePath: '', dialect: 'openai', key: undefined });
});

t.test('cannot be changed', async (t) => {
  t.throws(() => Object.assign(readConfig({}), { PORT: 1 }), TypeError);
});
