SELECT
  date_trunc('month', orders.order_date)::date::text AS month,
  customers.customer_category AS category,
  count(DISTINCT orders.order_id)::text AS orders,
  sum(round(lines.quantity * lines.unit_price * (100 - lines.discount_pct) / 100, 2))::text AS revenue
FROM sales.order_lines AS lines
JOIN sales.orders USING (order_id)
JOIN sales.customers USING (customer_id)
WHERE orders.status <> 'cancelled' AND lines.quantity > 0
GROUP BY date_trunc('month', orders.order_date), customers.customer_category
ORDER BY month, customers.customer_category COLLATE "C"
