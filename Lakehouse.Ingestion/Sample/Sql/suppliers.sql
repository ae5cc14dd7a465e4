INSERT INTO purchasing.suppliers
SELECT
  id,
  (ARRAY['Bright', 'Northern', 'Old Harbour', 'Silver Lantern', 'Paper Moon', 'Tin Whistle', 'Green Valley', 'Merry', 'Blue Door', 'Little Giant'])[1 + pg_temp.pick(id, 1, 10)]
    || ' ' || (ARRAY['Toys', 'Novelties', 'Imports', 'Packaging', 'Confectionery', 'Textiles', 'Gadgets', 'Paperworks'])[1 + pg_temp.pick(id, 2, 8)]
    || ' ' || (ARRAY['Ltd', 'GmbH', 'SA', 'BV', 'Oy', 'Inc'])[1 + pg_temp.pick(id, 3, 6)] || ' ' || id,
  (ARRAY['Toys', 'Novelty goods', 'Packaging', 'Clothing', 'Confectionery', 'Electronics'])[1 + pg_temp.pick(id, 4, 6)],
  CASE WHEN pg_temp.pick(id, 5, 20) = 0 THEN NULL
       WHEN pg_temp.pick(id, 5, 20) = 1 THEN ' Sales@Supplier' || id || '.Example '
       ELSE 'sales@supplier' || id || '.example' END,
  (ARRAY[7, 14, 30, 30, 30, 60])[1 + pg_temp.pick(id, 6, 6)],
  (ARRAY['China', 'Portugal', 'Germany', 'Netherlands', 'Finland', 'United States', 'Viet Nam', 'Poland'])[1 + pg_temp.pick(id, 7, 8)],
  timestamptz '2024-01-01 08:00:00+00' + pg_temp.pick(id, 8, 700 * 86400) * interval '1 second'
FROM generate_series(1, {suppliers}) AS id
