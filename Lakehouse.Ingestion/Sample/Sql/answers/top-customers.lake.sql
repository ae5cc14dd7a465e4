SELECT CAST(customer_id AS VARCHAR) AS customer_id, customer_name, city, CAST(orders AS VARCHAR) AS orders, CAST(revenue AS VARCHAR) AS revenue, CAST(outstanding_amount AS VARCHAR) AS outstanding
FROM gold.customer_360 AS profiles
ORDER BY profiles.revenue DESC, profiles.customer_id
LIMIT 10
