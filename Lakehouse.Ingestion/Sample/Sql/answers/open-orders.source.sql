SELECT
  status,
  count(DISTINCT order_id)::text AS orders,
  count(*)::text AS lines,
  sum(round(lines.quantity * lines.unit_price * (100 - lines.discount_pct) / 100, 2))::text AS amount
FROM sales.orders
JOIN sales.order_lines AS lines USING (order_id)
WHERE status IN ('placed', 'picked', 'shipped') AND lines.quantity > 0
GROUP BY status
ORDER BY status COLLATE "C"
