-- The sample business: a wholesale importer of novelties (Wide World Importers in the small).
-- Replica identities differ on purpose, so that change capture meets both: with FULL an update or delete carries
-- the whole old row, with DEFAULT only its key.
CREATE SCHEMA purchasing;
CREATE SCHEMA sales;
CREATE SCHEMA warehouse;

CREATE TABLE purchasing.suppliers (
  supplier_id   int PRIMARY KEY,
  supplier_name text NOT NULL,
  category      text NOT NULL,
  contact_email text,
  payment_days  int NOT NULL,
  country       text NOT NULL,
  updated_at    timestamptz NOT NULL
);

CREATE TABLE warehouse.stock_items (
  stock_item_id   int PRIMARY KEY,
  stock_item_name text NOT NULL,
  supplier_id     int NOT NULL,
  brand           text,
  size            text,
  color           text,
  unit_price      numeric(10,2) NOT NULL,
  tax_rate        numeric(5,3) NOT NULL,
  tags            text[] NOT NULL,
  is_chiller      bool NOT NULL,
  updated_at      timestamptz NOT NULL
);
ALTER TABLE warehouse.stock_items REPLICA IDENTITY FULL;

CREATE TABLE warehouse.stock_item_holdings (
  stock_item_id    int PRIMARY KEY,
  quantity_on_hand int NOT NULL,
  bin_location     text NOT NULL,
  last_cost_price  numeric(10,2) NOT NULL,
  reorder_level    int NOT NULL,
  updated_at       timestamptz NOT NULL
);

CREATE TABLE sales.customers (
  customer_id       int PRIMARY KEY,
  customer_name     text NOT NULL,
  customer_category text NOT NULL,
  email             text,
  phone             text,
  city              text NOT NULL,
  country           text NOT NULL,
  credit_limit      numeric(12,2) NOT NULL,
  is_active         bool NOT NULL,
  preferences       jsonb NOT NULL,
  created_at        timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL
);
ALTER TABLE sales.customers REPLICA IDENTITY FULL;

CREATE TABLE sales.orders (
  order_id               bigint PRIMARY KEY,
  customer_id            int NOT NULL,
  salesperson            text NOT NULL,
  order_date             date NOT NULL,
  expected_delivery_date date NOT NULL,
  status                 text NOT NULL CHECK (status IN ('placed', 'picked', 'shipped', 'invoiced', 'cancelled')),
  comments               text,
  created_at             timestamptz NOT NULL,
  updated_at             timestamptz NOT NULL
);

CREATE TABLE sales.order_lines (
  order_line_id bigint PRIMARY KEY,
  order_id      bigint NOT NULL,
  stock_item_id int NOT NULL,
  description   text NOT NULL,
  quantity      int NOT NULL,
  unit_price    numeric(10,2) NOT NULL,
  discount_pct  numeric(5,2) NOT NULL,
  updated_at    timestamptz NOT NULL
);

CREATE TABLE sales.invoices (
  invoice_id    bigint PRIMARY KEY,
  order_id      bigint NOT NULL,
  customer_id   int NOT NULL,
  invoice_date  date NOT NULL,
  total_ex_tax  numeric(14,2) NOT NULL,
  tax_amount    numeric(14,2) NOT NULL,
  total_inc_tax numeric(14,2) NOT NULL,
  paid_at       timestamptz,
  updated_at    timestamptz NOT NULL
);
