// Errors are logged without the fields that hold what went over the wire.
import t from 'tap';
import { createLog } from '../../../src/core/log.ts';

t.test('an error keeps what leads to its cause, and nothing else', async (t) => {
  const lines: string[] = [];
  const log = createLog('info', 'test', { write: (line: string) => lines.push(line) });
  const cause = Object.assign(new Error('inner'), { data: 'a private answer' });
  const err = Object.assign(new TypeError('outer', { cause }), { code: 'HPE_X', data: 'a private answer' });
  log.warn({ err }, 'failed');
  t.match(JSON.parse(lines[0]!), {
    msg: 'failed',
    err: {
      type: 'TypeError',
      code: 'HPE_X',
      message: 'outer',
      stack: /log\.[jt]s/,
      cause: { message: 'inner' },
    },
  });
  t.notMatch(lines[0], /private/);
});
