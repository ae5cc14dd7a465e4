-- Orders come over two years in the order of their numbers; the newest tenth is still on its way. Few customers buy
-- much and many little: the square of an even draw.
INSERT INTO sales.orders
SELECT
  id,
  1 + (power(pg_temp.pick(id, 50, 1000000) / 1000000.0, 2) * {customers})::int % {customers},
  (ARRAY['Amal Haddad', 'Bruno Costa', 'Chiara Weiss', 'Dmitri Novak', 'Esi Mensah', 'Freya Lind', 'Goran Ilic', 'Hana Sato'])[1 + pg_temp.pick(id, 51, 8)],
  ordered::date,
  ordered::date + 2 + pg_temp.pick(id, 52, 12),
  CASE
    WHEN pg_temp.pick(id, 53, 25) = 0 THEN 'cancelled'
    WHEN id <= {orders} * 0.9 THEN 'invoiced'
    ELSE (ARRAY['placed', 'picked', 'shipped', 'invoiced'])[1 + pg_temp.pick(id, 54, 4)] END,
  CASE
    WHEN pg_temp.pick(id, 55, 200) = 0 THEN long.comments
    WHEN pg_temp.pick(id, 55, 200) < 20 THEN (ARRAY['Leave at the side door.', 'Call before delivery.', 'Gift wrap, please.', 'Deliver after noon.', 'Fragile: mark the boxes.'])[1 + pg_temp.pick(id, 56, 5)] END,
  ordered,
  ordered + pg_temp.pick(id, 57, 20 * 86400) * interval '1 second'
FROM (
  SELECT id, timestamptz '2024-01-01 07:00:00+00' + (id - 1) * (interval '730 days' / {orders}) AS ordered
  FROM generate_series(1, {orders}) AS id
) AS numbered
-- Long enough, and random enough, to be stored out of line (TOAST).
LEFT JOIN LATERAL (
  SELECT 'Packing list: ' || string_agg(md5((id * 100 + part)::text), ' ' ORDER BY part) AS comments
  FROM generate_series(1, 80) AS part
  WHERE pg_temp.pick(id, 55, 200) = 0
) AS long ON true
