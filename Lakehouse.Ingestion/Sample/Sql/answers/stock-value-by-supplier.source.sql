SELECT
  suppliers.supplier_id::text AS supplier_id,
  trim(supplier_name) AS supplier_name,
  payment_days::text AS payment_days,
  count(*)::text AS items,
  sum(quantity_on_hand)::text AS pieces,
  sum(quantity_on_hand * last_cost_price)::text AS stock_value
FROM warehouse.stock_item_holdings
JOIN warehouse.stock_items USING (stock_item_id)
JOIN purchasing.suppliers USING (supplier_id)
GROUP BY suppliers.supplier_id
ORDER BY suppliers.supplier_id
