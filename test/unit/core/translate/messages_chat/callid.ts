// Ids of tool calls go to the client and come back, with all that rides in them.
import t from 'tap';
import { idForClient, idForUpstream } from '../../../../../src/core/translate/messages_chat/callid.ts';

const ids: [id: string, thoughtSignature: string | undefined][] = [
  ['call_1', undefined],
  ['call_1', 'AY+/89=='],
  ['functions.read:0', undefined],
  ['functions.read:0', 'AY+/89=='],
  ['a__ts_b', undefined],
  ['a__id_b', 'x'],
  ['ä', 'ö'],
  ['call_1', '?'.repeat(3000)],
];
for (const [id, thoughtSignature] of ids) {
  t.test(`${id}, ${thoughtSignature?.slice(0, 10)}`, async (t) => {
    const known = idForClient({ id, thoughtSignature });
    t.match(known, /^[a-zA-Z0-9_-]+$/, 'Anthropic takes it');
    t.same(idForUpstream(known), { id, thoughtSignature });
  });
}

t.test('a plain id stays as it is', async (t) => {
  t.equal(idForClient({ id: 'call_1', thoughtSignature: undefined }), 'call_1');
});

t.test('an id that the gateway did not make stays as it is', async (t) => {
  for (const id of ['toolu_01', 'x__id_', 'x__id_%%', `x__id_${Buffer.from('[1]').toString('base64url')}`]) {
    t.equal(idForUpstream(id).id, id);
  }
});
