INSERT INTO sales.customers
SELECT
  id,
  CASE WHEN pg_temp.pick(id, 30, 50) = 0 THEN '  ' || name || ' ' ELSE name END,
  category,
  -- Mostly good addresses; some sloppy, some missing, a few that are none: what a cleaning step is for.
  CASE
    WHEN pg_temp.pick(id, 31, 100) < 4 THEN NULL
    WHEN pg_temp.pick(id, 31, 100) = 4 THEN 'n/a'
    WHEN pg_temp.pick(id, 31, 100) = 5 THEN 'buyer' || id || '(at)shop.example'
    WHEN pg_temp.pick(id, 31, 100) < 16 THEN ' Buyer' || id || '@Shop' || pg_temp.pick(id, 32, 500) || '.Example '
    ELSE 'buyer' || id || '@shop' || pg_temp.pick(id, 32, 500) || '.example' END,
  CASE WHEN pg_temp.pick(id, 33, 10) > 0 THEN '+' || (30 + pg_temp.pick(id, 34, 60)) || ' ' || (1000000 + pg_temp.pick(id, 35, 8999999)) END,
  split_part(place, '|', 1),
  split_part(place, '|', 2),
  (5 + pg_temp.pick(id, 36, 96)) * 500,
  pg_temp.pick(id, 37, 25) > 0,
  jsonb_build_object(
    'newsletter', pg_temp.pick(id, 38, 2) = 1,
    'channel', (ARRAY['email', 'phone', 'post'])[1 + pg_temp.pick(id, 39, 3)],
    'language', (ARRAY['en', 'de', 'fr', 'pt'])[1 + pg_temp.pick(id, 40, 4)]),
  created_at,
  created_at + pg_temp.pick(id, 41, 300 * 86400) * interval '1 second'
FROM (
  SELECT
    id,
    (ARRAY['Curious', 'Corner', 'Lucky', 'Grand', 'Riverside', 'Tiny', 'Velvet', 'Wandering', 'Sunny', 'Hidden', 'Jolly', 'Copper'])[1 + pg_temp.pick(id, 42, 12)]
      || ' ' || (ARRAY['Gifts', 'Bazaar', 'Emporium', 'Market', 'Toy Shop', 'Stationers', 'Supplies', 'Party House', 'Kiosk', 'Department Store'])[1 + pg_temp.pick(id, 43, 10)]
      || ' ' || id AS name,
    (ARRAY['Novelty shop', 'Gift store', 'Supermarket', 'Computer store', 'Corporate'])[1 + pg_temp.pick(id, 44, 5)] AS category,
    (ARRAY['Lisbon|Portugal', 'Porto|Portugal', 'Berlin|Germany', 'Hamburg|Germany', 'Leipzig|Germany', 'Utrecht|Netherlands', 'Delft|Netherlands',
           'Helsinki|Finland', 'Turku|Finland', 'Gdansk|Poland', 'Krakow|Poland', 'Lyon|France', 'Nantes|France', 'Dublin|Ireland', 'Cork|Ireland',
           'Bristol|United Kingdom', 'Leeds|United Kingdom', 'Boston|United States', 'Seattle|United States', 'Austin|United States'])[1 + pg_temp.pick(id, 45, 20)] AS place,
    timestamptz '2020-01-01 08:00:00+00' + pg_temp.pick(id, 46, 1400 * 86400) * interval '1 second' AS created_at
  FROM generate_series(1, {customers}) AS id
) AS people
