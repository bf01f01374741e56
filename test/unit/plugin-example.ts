// The example of docs/plugins.md compiles under the project's own rules, and does what the text says.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import ts from 'typescript';
import { Pipeline } from '../../src/core/chain.ts';
import { chat } from '../../src/core/dialects/openai.ts';
import { createEdge } from '../../src/core/edge.ts';
import { packageRoot } from '../../src/core/paths.ts';
import type { Plugin } from '../../src/core/plugin.ts';
import type { Plan } from '../../src/core/types.ts';
import { FakeClient } from '../fixtures/client.ts';

const [, example = ''] =
  /```ts\n(import[\s\S]*?)```/.exec(readFileSync(join(packageRoot, 'docs/plugins.md'), 'utf8')) ?? [];
const file = join(packageRoot, 'src/plugins/patience.ts');

t.test('compiles where it belongs', async (t) => {
  const { config } = ts.readConfigFile(join(packageRoot, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, packageRoot);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  host.getSourceFile = (name, ...rest) =>
    name === file
      ? ts.createSourceFile(name, example, rest[0], true)
      : getSourceFile.call(host, name, ...rest);
  const program = ts.createProgram(
    [file],
    { ...options, noEmit: true, incremental: false, tsBuildInfoFile: undefined! },
    host,
  );
  const problems = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  t.same(problems, []);
});

t.test('logs an exchange that kept its client waiting', async (t) => {
  const compiled = join(packageRoot, `.build/src/plugins/patience-${process.pid}.js`);
  const { module, target } = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  writeFileSync(compiled, ts.transpileModule(example, { compilerOptions: { module, target } }).outputText);
  t.teardown(() => rmSync(compiled));
  const { patience } = (await import(pathToFileURL(compiled).href)) as {
    patience: (services: { log: { warn(line: object, text: string): void } }) => Plugin<'plan'>;
  };

  const serve = (model: string, waitedMs: number) => {
    const lines: object[] = [];
    const items = [{ quotaId: 1, model, upstream: 'u', weight: 1 }];
    const plan: Plan = { subId: 1, name: 'p', items, countBasis: 'reported', drainMs: 0 };
    const providePlan = (): Plugin<never, 'plan'> => ({ name: 'plan', provides: 'plan', onHead: () => plan });
    const answer = (): Plugin => ({
      name: 'answer',
      onBody(exchange) {
        exchange.firstByteAt = exchange.startedAt + waitedMs;
        exchange.respond(200, '{}');
        return undefined;
      },
    });
    const services = { log: { warn: (line: object) => lines.push(line) } };
    const chain = new Pipeline(services).use(providePlan).use(patience).use(answer).build();
    const surroundings = { bodyBytesMax: 1e6, bodyTimeoutMs: 1e6, open: new Set<never>(), report() {} };
    const client = new FakeClient();
    client.events = createEdge(
      [{ path: '/v1/chat/completions', api: chat, handlers: { POST: chain } }],
      surroundings,
    )(client);
    client.sendBody('{}');
    return lines;
  };

  t.match(serve('gpt-5-mini', 6_000), [{ waitedMs: 6_000 }]);
  t.same(serve('gpt-5-mini', 4_000), []);
  t.same(serve('claude-opus-4-5-thinking', 6_000), []);
});
