-- One to six lines an order. One line in four thousand has the quantity zero: an error of the business that its own
-- database does not catch, and silver does.
INSERT INTO sales.order_lines
SELECT
  line.order_line_id,
  orders.order_id,
  items.stock_item_id,
  items.stock_item_name,
  CASE WHEN pg_temp.pick(line.order_line_id, 61, 4000) = 0 THEN 0 ELSE 1 + pg_temp.pick(line.order_line_id, 62, 24) END,
  items.unit_price,
  (ARRAY[0, 0, 0, 0, 2.5, 5, 7.5, 10])[1 + pg_temp.pick(line.order_line_id, 63, 8)],
  orders.updated_at
FROM sales.orders
CROSS JOIN LATERAL (
  SELECT orders.order_id * 10 + number AS order_line_id
  FROM generate_series(1, 1 + pg_temp.pick(orders.order_id, 60, 6)) AS number
) AS line
JOIN warehouse.stock_items AS items ON items.stock_item_id = 1 + pg_temp.pick(line.order_line_id, 64, {stock_items})
ORDER BY line.order_line_id
