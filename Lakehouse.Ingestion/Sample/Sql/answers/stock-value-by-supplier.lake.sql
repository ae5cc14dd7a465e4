SELECT CAST(suppliers.supplier_id AS VARCHAR) AS supplier_id, supplier_name, CAST(payment_days AS VARCHAR) AS payment_days, CAST(count(*) AS VARCHAR) AS items, CAST(sum(quantity_on_hand) AS VARCHAR) AS pieces, CAST(sum(stock_value) AS VARCHAR) AS stock_value
FROM gold.fact_stock AS stock
JOIN silver.suppliers AS suppliers ON suppliers.supplier_id = stock.supplier_id
GROUP BY suppliers.supplier_id, supplier_name, payment_days
ORDER BY suppliers.supplier_id
