// Signatures that the gateway makes are told from all others, and give back what was put in.
import t from 'tap';
import { MARK, read, sign } from '../../../../src/core/translate/signature.ts';

t.test('what is put in comes out', async (t) => {
  const details = { by: 'm', detail: { type: 'reasoning.text', signature: 'a+/=', index: 0, text: '☂' } };
  t.match(sign(details), /^~apipod\.[\w-]+$/);
  t.same(read(sign(details)), details);
});

t.test('without details it is the mark alone', async (t) => {
  t.equal(sign(), MARK);
  t.equal(sign({}), MARK);
  t.same(read(MARK), {});
});

t.test('other signatures are not read', async (t) => {
  for (const other of ['', 'EqQBCkgIBRABGAIi', 'apipod', undefined, null, 5, {}])
    t.equal(read(other), undefined);
});

t.test('what cannot be read is as good as empty', async (t) => {
  for (const text of ['[]', 'null', '1', '{', '']) {
    t.same(read(MARK + Buffer.from(text).toString('base64url')), {});
  }
});
