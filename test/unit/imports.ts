// Imports go one way: cluster -> primary, worker -> plugins, admin -> core. Plugins never import each other.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import t from 'tap';
import { packageRoot } from '../../src/core/paths.ts';

const src = join(packageRoot, 'src');

/** By the first folder below src/, or the file there. Each may also import from itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  plugins: ['core'],
  admin: ['core'],
  'operator.ts': ['core'],
  primary: ['core'],
  'worker.ts': ['core', 'plugins', 'admin', 'operator.ts'],
  'cluster.ts': ['core', 'primary'],
  'setup.ts': ['core'],
  'reconcile.ts': ['core'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const imports: Import[] = files.flatMap((from) =>
  Array.from(readFileSync(join(src, from), 'utf8').matchAll(/from '(\.[^']+)'/g), ([, path]) => ({
    from,
    to: relative(src, normalize(join(src, dirname(from), path!))),
  })),
);
const part = (file: string): string => file.split('/')[0]!;

t.test('every part imports only what lies below it', async (t) => {
  t.ok(imports.length > 100, 'the imports were found');
  const wrong = imports.filter(
    ({ from, to }) => part(from) !== part(to) && !MAY_IMPORT[part(from)]?.includes(part(to)),
  );
  t.same(wrong, []);
});

t.test('plugins do not know each other', async (t) => {
  const wrong = imports.filter(
    ({ from, to }) => part(from) === 'plugins' && part(to) === 'plugins' && from !== 'plugins/index.ts',
  );
  t.same(wrong, []);
});

t.test('the environment is read where a process begins, and nowhere else', async (t) => {
  const readers = files.filter((file) =>
    /process\.env\b(?!\.UWS_HTTP_MAX_HEADERS_SIZE)/.test(readFileSync(join(src, file), 'utf8')),
  );
  t.same(readers.toSorted(), ['cluster.ts', 'reconcile.ts', 'setup.ts', 'worker.ts']);
});
