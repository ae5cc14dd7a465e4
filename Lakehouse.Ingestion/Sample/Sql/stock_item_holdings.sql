INSERT INTO warehouse.stock_item_holdings
SELECT
  stock_item_id,
  200000 + pg_temp.pick(stock_item_id, 21, 100000),
  chr(65 + pg_temp.pick(stock_item_id, 22, 12)) || '-' || (1 + pg_temp.pick(stock_item_id, 23, 40)) || '-' || (1 + pg_temp.pick(stock_item_id, 24, 6)),
  round(unit_price * (40 + pg_temp.pick(stock_item_id, 25, 35)) / 100, 2),
  (1 + pg_temp.pick(stock_item_id, 26, 20)) * 50,
  updated_at
FROM warehouse.stock_items
