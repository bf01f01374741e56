// Which engine serves: the newest build of uWebSockets.js that loads, else node:http, unless one is asked for.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { selectEngine } from '../../../../src/core/server/select.ts';

type Line = { engine: string; unavailable?: string[] };

function logTo(lines: Line[]): Parameters<typeof selectEngine>[1] {
  return { info: (line: Line) => void lines.push(line) };
}

/** The selection as it is where nothing is installed but what `packages` holds: files by path. */
async function isolated(t: Test, packages: Readonly<Record<string, string>>): Promise<typeof selectEngine> {
  const root = mkdtempSync(join(tmpdir(), 'engines-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  cpSync(fileURLToPath(new URL('../../../../src/core', import.meta.url)), join(root, 'core'), {
    recursive: true,
  });
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  for (const [path, text] of Object.entries(packages)) {
    const file = join(root, 'node_modules', path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
  }
  const url = pathToFileURL(join(root, 'core/server/select.js')).href;
  return ((await import(url)) as { selectEngine: typeof selectEngine }).selectEngine;
}

const binary = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;

t.test('node is node, and nothing else is tried', async (t) => {
  const lines: Line[] = [];
  t.equal(selectEngine('node', logTo(lines), 4_096).name, 'node');
  t.same(lines, [{ engine: 'node' }]);
});

t.test('auto without any build: node, and one line says why', async (t) => {
  const select = await isolated(t, {});
  const lines: Line[] = [];
  t.equal(select('auto', logTo(lines), 4_096).name, 'node');
  t.same(lines, [
    { engine: 'node', unavailable: ['uWebSockets.js: not installed', 'uws-compat: not installed'] },
  ]);
});

t.test('uws without any build: refused with the reasons', async (t) => {
  const select = await isolated(t, {
    'uWebSockets.js/package.json': '{"version":"20.57.0"}',
    'uws-compat/package.json': '{"version":"20.30.0-unofficial.0"}',
    [`uws-compat/binaries/${binary}`]: 'not a library',
  });
  t.throws(() => select('uws', logTo([]), 4_096), {
    message:
      /no build of uWebSockets\.js loads here \(uWebSockets\.js: no build for \w+ \w+, Node ABI \d+; uws-compat: /,
  });
});

t.test('the limit of request heads is told to the addon', async (t) => {
  const before = process.env.UWS_HTTP_MAX_HEADERS_SIZE;
  t.teardown(() => {
    if (before === undefined) delete process.env.UWS_HTTP_MAX_HEADERS_SIZE;
    else process.env.UWS_HTTP_MAX_HEADERS_SIZE = before;
  });
  selectEngine('auto', logTo([]), 54_321);
  t.equal(process.env.UWS_HTTP_MAX_HEADERS_SIZE, '54321');
});
