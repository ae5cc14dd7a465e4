SELECT
  trim(country) AS country,
  count(*)::text AS customers,
  (count(*) FILTER (WHERE is_active))::text AS active,
  (count(*) FILTER (WHERE trim(email) LIKE '%_@_%._%' AND trim(email) NOT LIKE '% %'))::text AS with_email,
  sum(credit_limit)::text AS credit_limits
FROM sales.customers
GROUP BY trim(country)
ORDER BY trim(country) COLLATE "C"
