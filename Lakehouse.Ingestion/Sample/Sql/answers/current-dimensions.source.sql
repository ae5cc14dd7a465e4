SELECT
  'customers' AS dimension,
  count(*)::text AS current_rows,
  md5(string_agg(concat_ws('|',
    customer_id, trim(customer_name), customer_category,
    coalesce(CASE WHEN trim(email) LIKE '%_@_%._%' AND trim(email) NOT LIKE '% %' THEN lower(trim(email)) END, '-'),
    trim(city), trim(country), credit_limit, is_active::text), chr(10) ORDER BY customer_id)) AS digest
FROM sales.customers
UNION ALL
SELECT
  'stock items',
  count(*)::text,
  md5(string_agg(concat_ws('|',
    stock_item_id, trim(stock_item_name), supplier_id, coalesce(trim(brand), 'unbranded'), size, color, unit_price, tax_rate, is_chiller::text),
    chr(10) ORDER BY stock_item_id))
FROM warehouse.stock_items
ORDER BY 1
