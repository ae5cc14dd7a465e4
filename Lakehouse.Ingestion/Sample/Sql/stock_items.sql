INSERT INTO warehouse.stock_items
SELECT
  id,
  noun || ' (' || color || ') ' || size || ' #' || id,
  1 + pg_temp.pick(id, 15, {suppliers}),
  (ARRAY['Quackers', 'Moonbeam', 'Tumble', 'Fizz & Co', 'Pocketful', NULL])[1 + pg_temp.pick(id, 16, 6)],
  size,
  color,
  round((1 + pg_temp.pick(id, 17, 12000) / 100.0)::numeric, 2),
  (ARRAY[0.200, 0.200, 0.200, 0.100, 0.055])[1 + CASE WHEN chilled THEN 4 ELSE pg_temp.pick(id, 18, 4) END],
  CASE pg_temp.pick(id, 19, 4)
    WHEN 0 THEN ARRAY[]::text[]
    WHEN 1 THEN ARRAY['gift']
    WHEN 2 THEN ARRAY['gift', 'limited "' || color || '" run']
    ELSE ARRAY['bulk', 'office', 'party'] END,
  chilled,
  timestamptz '2024-01-01 08:00:00+00' + pg_temp.pick(id, 20, 700 * 86400) * interval '1 second'
FROM (
  SELECT
    id,
    (ARRAY['Rubber duck', 'Singing mug', 'Desk catapult', 'Glow yo-yo', 'Inflatable parrot', 'Tea towel of facts', 'Chocolate compass',
           'Fudge bricks', 'Pocket telescope', 'Bubble wrap roll', 'Shipping carton', 'Night-light moon', 'Sock puppet', 'Marble run', 'Whoopee pillow'])[1 + kind] AS noun,
    (ARRAY['red', 'blue', 'green', 'yellow', 'black', 'white', 'orange'])[1 + pg_temp.pick(id, 12, 7)] AS color,
    (ARRAY['S', 'M', 'L', 'XL', '10 cm', '25 cm', '1 m'])[1 + pg_temp.pick(id, 13, 7)] AS size,
    kind IN (6, 7) AS chilled
  FROM (SELECT id, pg_temp.pick(id, 11, 15) AS kind FROM generate_series(1, {stock_items}) AS id) AS kinds
) AS items
