-- The plans that the gateway comes with. This can be run again and again; it adds what is missing and changes nothing:
-- once they are there, prices and weights belong to the operator (ON CONFLICT DO NOTHING), and so does the choice of
-- models in a plan that has any.

BEGIN;

-- One run of schema.sql or seed.sql at a time, or they could lock each other out.
DO $$ BEGIN PERFORM pg_advisory_xact_lock(4117504270); END $$;

INSERT INTO subscriptions (sub_name, price) VALUES
  ('cursor-pro-auto',   '50K/month'),
  ('cursor-pro-sonnet', '75K/month'),
  ('cursor-pro-opus',   'pending')
ON CONFLICT DO NOTHING;

INSERT INTO llm_models (model_name, upstream) VALUES
  ('gemini-3-flash',             'antigravity'),
  ('gpt-5-mini',                 'ghcp'),
  ('claude-sonnet-4-5-thinking', 'antigravity'),
  ('claude-sonnet-4.5',          'ghcp'),
  ('claude-opus-4-5-thinking',   'antigravity'),
  ('claude-opus-4-6-thinking',   'antigravity'),
  ('claude-opus-4-6-thinking',   'ghcp')
ON CONFLICT DO NOTHING;

INSERT INTO quota_items (sub_id, llm_model_id, percentage_weight)
SELECT sub_id, llm_model_id, weight
FROM (SELECT row_number() OVER () AS place, listed.* FROM (VALUES
  ('cursor-pro-auto',   'gemini-3-flash',             'antigravity', 50),
  ('cursor-pro-auto',   'gpt-5-mini',                 'ghcp',        50),

  ('cursor-pro-sonnet', 'claude-sonnet-4-5-thinking', 'antigravity', 20),
  ('cursor-pro-sonnet', 'claude-sonnet-4.5',          'ghcp',        10),
  ('cursor-pro-sonnet', 'gemini-3-flash',             'antigravity', 40),
  ('cursor-pro-sonnet', 'gpt-5-mini',                 'ghcp',        30),

  -- Sums to 130: weights are relative.
  ('cursor-pro-opus',   'claude-opus-4-5-thinking',   'antigravity', 20),
  ('cursor-pro-opus',   'claude-opus-4-6-thinking',   'antigravity', 10),
  ('cursor-pro-opus',   'claude-opus-4-6-thinking',   'ghcp',        10),
  ('cursor-pro-opus',   'claude-sonnet-4.5',          'ghcp',        30),
  ('cursor-pro-opus',   'gemini-3-flash',             'antigravity', 30),
  ('cursor-pro-opus',   'gpt-5-mini',                 'ghcp',        30)
) AS listed (sub_name, model_name, upstream, weight)) AS seed
JOIN subscriptions USING (sub_name)
JOIN llm_models USING (model_name, upstream)
-- Only for plans that have none: an item that an operator has taken out of a plan must not come back.
WHERE NOT EXISTS (SELECT FROM quota_items AS held WHERE held.sub_id = subscriptions.sub_id)
-- The order of the items is the one in which /v1/models lists them.
ORDER BY place
ON CONFLICT DO NOTHING;

COMMIT;
