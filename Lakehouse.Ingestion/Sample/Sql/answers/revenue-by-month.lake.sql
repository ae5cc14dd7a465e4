SELECT CAST(month_start AS VARCHAR) AS month, customer_category AS category, CAST(orders AS VARCHAR) AS orders, CAST(revenue AS VARCHAR) AS revenue
FROM gold.sales_metrics
ORDER BY month, category
