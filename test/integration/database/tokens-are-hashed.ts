// No plain token is ever stored, whoever inserts it and however.
import { createHash } from 'node:crypto';
import t from 'tap';
import { testDatabase } from '../../fixtures/database.ts';

const TOKEN = 'apk_AbCdEfGhIjKlMnOpQrStUvWxYz012345';
const digest = (token: string) => createHash('sha256').update(token).digest('hex');

t.test('a plain token is replaced by its digest and a hint', async (t) => {
  const db = await testDatabase(t);
  const rows = await db.query(`INSERT INTO users (username, apitoken) VALUES ('alice', $1) RETURNING *`, [
    TOKEN,
  ]);
  t.match(rows, [
    { apitoken: digest(TOKEN), token_hint: 'apk_AbCd', active: true, sub_id: null, expires_at: null },
  ]);
});

t.test('a digest is stored as it is', async (t) => {
  const db = await testDatabase(t);
  const insert =
    'INSERT INTO users (username, apitoken, token_hint) VALUES ($1, $2, $3) RETURNING apitoken, token_hint';
  t.same(await db.query(insert, ['alice', digest('a'), null]), [{ apitoken: digest('a'), token_hint: null }]);
  t.same(await db.query(insert, ['bob', digest('b'), 'apk_bbbb']), [
    { apitoken: digest('b'), token_hint: 'apk_bbbb' },
  ]);
});

t.test('the hint of a short token would be half of it: there is none', async (t) => {
  const db = await testDatabase(t);
  const rows = await db.query(
    `INSERT INTO users (username, apitoken) VALUES ('alice', 'secret') RETURNING *`,
  );
  t.match(rows, [{ apitoken: digest('secret'), token_hint: null }]);
});

t.test('a digest in capitals is a token like any other', async (t) => {
  const db = await testDatabase(t);
  const capitals = digest('a').toUpperCase();
  const rows = await db.query(`INSERT INTO users (username, apitoken) VALUES ('alice', $1) RETURNING *`, [
    capitals,
  ]);
  t.match(rows, [{ apitoken: digest(capitals) }]);
});

t.test('an update hashes too, and the hint follows the token', async (t) => {
  const db = await testDatabase(t);
  await db.query(`INSERT INTO users (username, apitoken) VALUES ('alice', $1)`, [TOKEN]);
  const update = 'UPDATE users SET apitoken = $1 RETURNING apitoken, token_hint';
  const second = TOKEN.replace('AbCd', 'EfGh');
  t.same(await db.query(update, [second]), [{ apitoken: digest(second), token_hint: 'apk_EfGh' }]);
  t.same(await db.query(update, [digest(second)]), [{ apitoken: digest(second), token_hint: 'apk_EfGh' }]);
  t.same(await db.query(update, [digest('third')]), [{ apitoken: digest('third'), token_hint: null }]);
});

t.test('a token has one owner', async (t) => {
  const db = await testDatabase(t);
  const insert = 'INSERT INTO users (username, apitoken) VALUES ($1, $2)';
  await db.query(insert, ['alice', TOKEN]);
  await t.rejects(db.query(insert, ['bob', TOKEN]), { code: '23505' });
  await t.rejects(db.query(insert, ['bob', digest(TOKEN)]), { code: '23505' });
});

t.test('with triggers off a plain token is refused', async (t) => {
  const db = await testDatabase(t);
  await db.query('ALTER TABLE users DISABLE TRIGGER apipod_hash_token');
  await t.rejects(db.query(`INSERT INTO users (username, apitoken) VALUES ('alice', $1)`, [TOKEN]), {
    code: '23514',
  });
});
