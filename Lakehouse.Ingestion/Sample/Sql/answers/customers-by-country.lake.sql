SELECT country, CAST(count(*) AS VARCHAR) AS customers, CAST(count(*) FILTER (WHERE is_active) AS VARCHAR) AS active, CAST(count(email) AS VARCHAR) AS with_email, CAST(sum(credit_limit) AS VARCHAR) AS credit_limits
FROM gold.customer_360
GROUP BY country
ORDER BY country
