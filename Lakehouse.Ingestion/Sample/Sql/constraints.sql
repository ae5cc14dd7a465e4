-- After the rows: checking a whole table at once costs a fraction of checking row by row.
CREATE INDEX ON sales.orders (customer_id);
CREATE INDEX ON sales.order_lines (order_id);
CREATE INDEX ON sales.invoices (order_id);
ALTER TABLE warehouse.stock_items ADD FOREIGN KEY (supplier_id) REFERENCES purchasing.suppliers;
ALTER TABLE warehouse.stock_item_holdings ADD FOREIGN KEY (stock_item_id) REFERENCES warehouse.stock_items;
ALTER TABLE sales.orders ADD FOREIGN KEY (customer_id) REFERENCES sales.customers;
ALTER TABLE sales.order_lines ADD FOREIGN KEY (order_id) REFERENCES sales.orders;
ALTER TABLE sales.order_lines ADD FOREIGN KEY (stock_item_id) REFERENCES warehouse.stock_items;
ALTER TABLE sales.invoices ADD FOREIGN KEY (order_id) REFERENCES sales.orders;
