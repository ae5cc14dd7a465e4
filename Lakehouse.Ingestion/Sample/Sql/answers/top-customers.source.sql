SELECT
  customers.customer_id::text AS customer_id,
  trim(customer_name) AS customer_name,
  trim(city) AS city,
  coalesce(placed.orders, 0)::text AS orders,
  coalesce(sold.revenue, 0.00)::text AS revenue,
  coalesce(invoiced.outstanding, 0.00)::text AS outstanding
FROM sales.customers
LEFT JOIN (SELECT customer_id, count(*) AS orders FROM sales.orders GROUP BY customer_id) AS placed USING (customer_id)
LEFT JOIN (
  SELECT customer_id, sum(round(lines.quantity * lines.unit_price * (100 - lines.discount_pct) / 100, 2)) AS revenue
  FROM sales.order_lines AS lines JOIN sales.orders USING (order_id)
  WHERE orders.status <> 'cancelled' AND lines.quantity > 0
  GROUP BY customer_id
) AS sold USING (customer_id)
LEFT JOIN (SELECT customer_id, sum(CASE WHEN paid_at IS NULL THEN total_inc_tax ELSE 0.00 END) AS outstanding FROM sales.invoices GROUP BY customer_id) AS invoiced USING (customer_id)
ORDER BY coalesce(sold.revenue, 0) DESC, customers.customer_id
LIMIT 10
