// What both engines need for a response.
import t from 'tap';
import { isBodyless, printable, statusLine } from '../../../../src/core/server/response.ts';

t.test('status lines', async (t) => {
  t.equal(statusLine(200), '200 OK');
  t.equal(statusLine(431), '431 Request Header Fields Too Large');
  t.equal(statusLine(529), '529 Unknown');
  t.equal(statusLine(999), '999 Unknown');
  t.same([200, 204, 304].map(isBodyless), [false, true, true]);
});

t.test('headers that are in order are not copied', async (t) => {
  const headers = ['content-type', 'text/event-stream; charset=utf-8', 'x-empty', ''];
  t.equal(printable(headers), headers);
});

t.test('no character can break a header', async (t) => {
  for (let code = 0; code < 0x180; code++) {
    const character = String.fromCharCode(code);
    const inValue = printable(['x', `a${character}b`, 'y', 'z']);
    const allowed = character === '\t' || (code >= 0x20 && code <= 0x7e);
    t.same(inValue, allowed ? ['x', `a${character}b`, 'y', 'z'] : ['y', 'z'], `value, ${code}`);
    const inName = printable([`x${character}y`, 'a']);
    t.same(inName, /[\w!#$%&'*+.^`|~-]/.test(character) ? [`x${character}y`, 'a'] : [], `name, ${code}`);
  }
});
