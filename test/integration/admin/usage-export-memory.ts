// An export of any length takes constant memory, and a client that does not read holds it up.
import t from 'tap';
import { addUsage, adminGateway } from '../../fixtures/admin.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { download, until } from '../../fixtures/download.ts';

const ROWS = 300_000;
const PATH = '/admin/usage?from=2026-01-01&to=2027-01-01';
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;
const NEWLINE = 0x0a;
const BRACE = 0x7d;

const database = await testDatabase(t);
await addUsage(database, ROWS);

for (const engine of ['auto', 'node'] as const) {
  t.test(`on the engine ${engine}`, async (t) => {
    const { port, done, backpressure } = await adminGateway(t, database, { engine });

    let lines = 0;
    let last = 0;
    const { socket, bytes, whole } = download(port, PATH, (read) => {
      for (let at = read.indexOf(NEWLINE); at >= 0; at = read.indexOf(NEWLINE, at + 1)) {
        // The lines of the chunked coding end in CRLF.
        if ((read[at - 1] ?? last) === BRACE) lines++;
      }
      last = read.at(-1)!;
    });
    const before = process.memoryUsage.rss();
    let peak = before;
    const samples = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 10);
    t.teardown(() => clearInterval(samples));

    await until(() => bytes() > 1_000_000);
    socket.pause();
    await until(() => backpressure.waiting.size > 0);
    socket.resume();
    t.ok(await whole);
    clearInterval(samples);
    t.equal(backpressure.violations, 0, 'nothing was written to a client that was full');
    t.equal(lines, ROWS);
    t.ok(bytes() > 2 * GROWTH_BYTES_MAX, `${bytes()} bytes`);
    t.ok(peak - before < GROWTH_BYTES_MAX, `memory grew by ${peak - before} bytes`);
    t.equal(done.at(-1)?.outcome, 'completed');
  });
}
