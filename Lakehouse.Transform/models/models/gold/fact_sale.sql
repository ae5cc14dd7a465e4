{{ config(unique_key='order_line_id', meta={'delete_when': '_deleted', 'except_columns': ['_deleted']}) }}

with changed_lines as (
  select order_line_id, order_id, _change_type from {{ changes(ref('order_lines')) }} as changed
),

touched_orders as (
  {{ touched('order_id', [ref('orders'), ref('invoices')]) }}
  union select order_id from changed_lines where order_id is not null
),

touched_lines as (
  select * from {{ ref('order_lines') }} as all_lines {{ only_touched('order_id', 'touched_orders') }}
),

their_orders as (
  select * from {{ ref('orders') }} as all_orders {{ only_touched('order_id', 'touched_orders') }}
),

their_invoices as (
  select * from {{ ref('invoices') }} as all_invoices {{ only_touched('order_id', 'touched_orders') }}
),

sales as (
  select
    lines.order_line_id,
    lines.order_id,
    invoices.invoice_id,
    cast(extract(year from orders.order_date) * 10000 + extract(month from orders.order_date) * 100 + extract(day from orders.order_date) as int) as date_key,
    orders.order_date,
    orders.customer_id,
    -- The versions that held when the order was placed.
    coalesce(customers.customer_key, 'unknown') as customer_key,
    lines.stock_item_id,
    coalesce(items.stock_item_key, 'unknown') as stock_item_key,
    orders.salesperson,
    orders.status as order_status,
    lines.quantity,
    lines.unit_price,
    lines.discount_pct,
    cast(lines.quantity * lines.unit_price - lines.net_amount as decimal(14, 2)) as discount_amount,
    lines.net_amount,
    cast(round(lines.net_amount * items.tax_rate, 2) as decimal(14, 2)) as tax_amount,
    orders.created_at as ordered_at,
    greatest(lines._lsn, orders._lsn, coalesce(invoices._lsn, 0)) as _lsn,
    greatest(lines._committed_at, orders._committed_at, coalesce(invoices._committed_at, orders._committed_at)) as _committed_at
  from touched_lines as lines
  join their_orders as orders on orders.order_id = lines.order_id
  left join their_invoices as invoices on invoices.order_id = lines.order_id
  left join {{ ref('dim_customer') }} as customers
    on customers.customer_id = orders.customer_id
    and customers.valid_from <= orders.created_at
    and customers.valid_to > orders.created_at
  left join {{ ref('dim_stock_item') }} as items
    on items.stock_item_id = lines.stock_item_id
    and items.valid_from <= orders.created_at
    and items.valid_to > orders.created_at
)

select sales.*, false as _deleted
from sales
{%- if is_incremental() %}

union all

-- A line has gone when it is no longer there, or its order is not: where there was no sale, there is nothing to delete.
select gone.order_line_id, {{ nulls(19) }}, true
from (
  select order_line_id from changed_lines where _change_type = 'delete'
  union select order_line_id from touched_lines
) as gone
where gone.order_line_id is not null
  and not exists (select 1 from sales where sales.order_line_id = gone.order_line_id)
{%- endif %}
