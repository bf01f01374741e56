// The short form of the fault matrix (`npm run faults`): what goes wrong most often, with few requests. Afterwards the
// usage rows, the upstreams' own books and what the clients saw must tell the same.
import t from 'tap';
import { CASES } from '../../faults/cases/index.ts';
import { runCase, SHORT } from '../../faults/run.ts';
import { runServer } from '../fixtures/server.ts';

const TIMEOUT_MS = 180_000;

t.setTimeout(TIMEOUT_MS);
const server = await runServer();
t.teardown(() => server.remove());

for (const spec of CASES.filter(({ short }) => short)) {
  t.test(spec.name, { timeout: TIMEOUT_MS }, async (t) => {
    const database = `faults_${spec.name.replaceAll('-', '_')}`;
    const { problems, requests, lost, doubled, notRun } = await runCase(spec, server, database, SHORT);
    if (notRun !== undefined) return t.comment(`not run: ${notRun}`);
    t.strictSame(problems.slice(0, 10), [], spec.expected);
    t.match({ lost, doubled }, { lost: 0, doubled: 0 }, 'the books agree');
    t.ok(requests >= SHORT.amount * (spec.share ?? 1), 'under load', { requests });
  });
}
