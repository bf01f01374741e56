// Who may come in: which header the token is read from, which tokens are refused without a look-up, and that expiry
// is checked on every request.
import { createHash } from 'node:crypto';
import t from 'tap';
import type { Directory } from '../../../src/core/directory/directory.ts';
import type { Exchange } from '../../../src/core/exchange.ts';
import { RequestHead } from '../../../src/core/server/head.ts';
import type { User } from '../../../src/core/types.ts';
import { auth } from '../../../src/plugins/auth.ts';

const NOW = 1_700_000_000_000;
const TOKEN = 'apk_0123456789abcdefABCDEF_-';
const OTHER = 'apk_another_token_of_right_shape';
const DIGEST = createHash('sha256').update(TOKEN).digest('hex');
const ALICE: User = { userId: 1, subId: 2, active: true, expiresAt: Number.POSITIVE_INFINITY };

/** Sends one head through the plugin. `lookUps` are the digests that the directory was asked for. */
function send(headers: Record<string, string>, user: User | null = ALICE, late = false) {
  const lookUps: string[] = [];
  const directory = {
    findUser(digest: string) {
      lookUps.push(digest);
      return late ? Promise.resolve(user) : user;
    },
  } as unknown as Directory;
  const head = new RequestHead('POST', '/v1/messages', '');
  for (const [name, value] of Object.entries(headers)) head.add(name, value);
  const exchange = { client: { head }, startedAtEpoch: NOW } as unknown as Exchange;
  return { answer: () => auth({ directory }).onHead!(exchange), lookUps };
}

const accepted: Record<string, Record<string, string>> = {
  'Authorization: Bearer': { authorization: `Bearer ${TOKEN}` },
  'a scheme in any case, and blanks': { authorization: `bEARER   ${TOKEN} ` },
  'x-api-key': { 'x-api-key': TOKEN },
  'both, the same': { authorization: `Bearer ${TOKEN}`, 'x-api-key': TOKEN },
  "x-api-key beside somebody else's bearer": { authorization: 'Bearer sk-123', 'x-api-key': TOKEN },
  "bearer beside somebody else's x-api-key": { authorization: `Bearer ${TOKEN}`, 'x-api-key': 'sk-ant-123' },
  'x-api-key beside another scheme': { authorization: 'Basic dTpw', 'x-api-key': TOKEN },
};
for (const [name, headers] of Object.entries(accepted)) {
  t.test(`takes the token from ${name}`, async (t) => {
    const { answer, lookUps } = send(headers);
    t.equal(answer(), ALICE, 'synchronously');
    t.same(lookUps, [DIGEST], 'and asks for its digest');
  });
}

const refused: [name: string, headers: Record<string, string>, code: string][] = [
  ['no header', {}, 'missing_token'],
  ['an empty bearer', { authorization: 'Bearer ' }, 'missing_token'],
  ['another scheme', { authorization: `Basic ${TOKEN}` }, 'missing_token'],
  ["somebody else's key", { authorization: 'Bearer sk-0123456789abcdef0123' }, 'invalid_token'],
  ['a token that is too long', { 'x-api-key': `apk_${'x'.repeat(253)}` }, 'invalid_token'],
  ['letters that no token has', { 'x-api-key': `${TOKEN} ${TOKEN}` }, 'invalid_token'],
  ['two different tokens', { authorization: `Bearer ${TOKEN}`, 'x-api-key': OTHER }, 'malformed_head'],
];
for (const [name, headers, code] of refused) {
  t.test(`refuses ${name} without a look-up`, async (t) => {
    const { answer, lookUps } = send(headers);
    t.throws(answer, { code });
    t.same(lookUps, []);
  });
}

const users: [name: string, user: User | null, admitted: boolean][] = [
  ['an unknown token', null, false],
  ['a revoked token', { ...ALICE, active: false }, false],
  ['a token that expires now', { ...ALICE, expiresAt: NOW }, false],
  ['a token that expires in a millisecond', { ...ALICE, expiresAt: NOW + 1 }, true],
];
for (const [name, user, admitted] of users) {
  t.test(`${admitted ? 'admits' : 'refuses'} ${name}, be it remembered or looked up`, async (t) => {
    const remembered = send({ 'x-api-key': TOKEN }, user).answer;
    const lookedUp = send({ 'x-api-key': TOKEN }, user, true).answer;
    if (admitted) {
      t.equal(remembered(), user);
      t.equal(await lookedUp(), user);
    } else {
      t.throws(remembered, { code: 'invalid_token' });
      await t.rejects(async () => lookedUp(), { code: 'invalid_token' });
    }
  });
}
