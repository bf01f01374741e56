// schema.sql and seed.sql make the plans of the contract, and running them again changes nothing.
import t from 'tap';
import { testDatabase } from '../../fixtures/database.ts';

t.test('x', async (t) => {
  const db = await testDatabase(t);
  console.error(
    await db.query(
      `SELECT sub_name, price, model_name, upstream, percentage_weight FROM quota_items JOIN subscriptions USING (sub_id) JOIN llm_models USING (llm_model_id) ORDER BY quota_id`,
    ),
  );
});
