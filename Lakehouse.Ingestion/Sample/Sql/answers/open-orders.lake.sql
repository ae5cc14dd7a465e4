SELECT order_status AS status, CAST(count(DISTINCT order_id) AS VARCHAR) AS orders, CAST(count(*) AS VARCHAR) AS lines, CAST(sum(net_amount) AS VARCHAR) AS amount
FROM gold.fact_sale
WHERE order_status IN ('placed', 'picked', 'shipped')
GROUP BY order_status
ORDER BY order_status
