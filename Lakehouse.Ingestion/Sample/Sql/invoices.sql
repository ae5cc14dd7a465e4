INSERT INTO sales.invoices
SELECT
  row_number() OVER (ORDER BY order_id),
  order_id,
  customer_id,
  invoice_date,
  total_ex_tax,
  tax_amount,
  total_ex_tax + tax_amount,
  CASE WHEN pg_temp.pick(order_id, 70, 10) > 0 THEN invoice_date + time '12:00' AT TIME ZONE 'UTC' + pg_temp.pick(order_id, 71, 40) * interval '1 day' END,
  updated_at
FROM (
  SELECT
    orders.order_id,
    orders.customer_id,
    orders.expected_delivery_date AS invoice_date,
    sum(round(lines.quantity * lines.unit_price * (100 - lines.discount_pct) / 100, 2)) AS total_ex_tax,
    sum(round(round(lines.quantity * lines.unit_price * (100 - lines.discount_pct) / 100, 2) * items.tax_rate, 2)) AS tax_amount,
    orders.updated_at
  FROM sales.orders
  JOIN sales.order_lines AS lines USING (order_id)
  JOIN warehouse.stock_items AS items USING (stock_item_id)
  WHERE orders.status = 'invoiced'
  GROUP BY orders.order_id
) AS totals
ORDER BY order_id
