// What wrk is told, what it tells, and how busy a core was meanwhile.
import t from 'tap';
import { coreTime } from '../../../../bench/peers/core.ts';
import { parseWrk, scriptOf } from '../../../../bench/peers/wrk.ts';

const LINE =
  'apipod:{"requests":1000,"micros":2000000,"p50Micros":1500,"p99Micros":9000,"status":0,"failed":0}';

t.test('the line of the script is found among what wrk prints', async (t) => {
  t.strictSame(parseWrk(`Running 2s test\n  Latency 1ms\n${LINE}\n`), {
    requests: 1_000,
    seconds: 2,
    p50Ms: 1.5,
    p99Ms: 9,
    refused: 0,
    failed: 0,
  });
});

t.test('answers that are not 2xx, also those that the script is not told of', async (t) => {
  t.equal(parseWrk(LINE.replace('"status":0', '"status":7')).refused, 7);
  t.equal(parseWrk(`  Non-2xx or 3xx responses: 12\n${LINE}`).refused, 12);
  t.equal(parseWrk(LINE.replace('"failed":0', '"failed":3')).failed, 3);
});

t.test('no line, no result', async (t) => {
  t.throws(() => parseWrk('unable to connect to 127.0.0.1:1'), /unable to connect/);
});

t.test('headers are quoted for Lua, and what cannot be is refused', async (t) => {
  const script = scriptOf({ headers: { authorization: 'Bearer "x\\y"' }, pauseMs: 0 }, '/tmp/body');
  t.match(script, 'wrk.headers["authorization"] = "Bearer \\"x\\\\y\\""');
  t.notMatch(script, /function delay/);
  t.throws(() => scriptOf({ headers: { a: 'x\r\ny' }, pauseMs: 0 }, '/tmp/body'), /ASCII/);
});

t.test('a pause', async (t) => {
  t.match(scriptOf({ headers: {}, pauseMs: 1 }, '/tmp/body'), 'function delay() return 1 end');
});

t.test('all but idle and waiting for a disk is busy; guests are not counted twice', async (t) => {
  const stat = 'cpu  9 9 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\ncpu1 10 20 30 400 50 6 7 8 9 10\ncpu10 0 0 0 5\n';
  t.strictSame(coreTime(stat, 1), { busy: 81, all: 531 });
  t.strictSame(coreTime(stat, 10), { busy: 0, all: 5 });
});
