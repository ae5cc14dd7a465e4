INSERT INTO sales.invoices (invoice_id, order_id, customer_id, invoice_date, total_ex_tax, tax_amount, total_inc_tax, paid_at, updated_at)
SELECT $1, $2, customer_id, CURRENT_DATE, total_ex_tax, tax_amount, total_ex_tax + tax_amount, NULL, now()
FROM (
  SELECT
    orders.customer_id,
    sum(round(lines.quantity * lines.unit_price * (100 - lines.discount_pct) / 100, 2)) AS total_ex_tax,
    sum(round(round(lines.quantity * lines.unit_price * (100 - lines.discount_pct) / 100, 2) * items.tax_rate, 2)) AS tax_amount
  FROM sales.orders
  JOIN sales.order_lines AS lines USING (order_id)
  JOIN warehouse.stock_items AS items USING (stock_item_id)
  WHERE orders.order_id = $2
  GROUP BY orders.customer_id
) AS totals
