SELECT
  'customers' AS dimension,
  CAST(count(*) AS VARCHAR) AS current_rows,
  md5(string_agg(concat_ws('|', customer_id, customer_name, customer_category, coalesce(email, '-'), city, country, credit_limit, is_active), chr(10) ORDER BY customer_id)) AS digest
FROM gold.dim_customer
WHERE is_current
UNION ALL
SELECT
  'stock items',
  CAST(count(*) AS VARCHAR),
  md5(string_agg(concat_ws('|', stock_item_id, stock_item_name, supplier_id, brand, size, color, unit_price, tax_rate, is_chiller), chr(10) ORDER BY stock_item_id))
FROM gold.dim_stock_item
WHERE is_current
ORDER BY 1
