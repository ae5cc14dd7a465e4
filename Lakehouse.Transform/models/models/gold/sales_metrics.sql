{{ config(unique_key=['month_start', 'customer_category'], meta={'delete_when': '_deleted', 'except_columns': ['_deleted']}) }}

{#-
  Sums move by what came and went. Counts of orders and customers move where an order's lines came or went for good, most
  changes taking out what they put back: only those customers' lines of those months are looked at again, which are few
  and mostly new. A full run is the same from nothing.
-#}

with changed_lines as (
  select
    sales.order_id,
    sales.customer_id,
    sales.date_key,
    sales.customer_key,
    case when sales._change_type = 'insert' then 1 else -1 end as lines,
    sales.quantity,
    sales.net_amount,
    sales.discount_amount,
    sales.tax_amount
  from {{ changes(ref('fact_sale')) }} as sales
  where sales.order_status <> 'cancelled'
),

-- An order has one date, one customer and one version of it at a time. Each is found once an order, not once a line.
changed_orders as (
  select
    order_id,
    customer_id,
    date_key,
    customer_key,
    sum(lines) as lines,
    sum(lines * quantity) as quantity,
    sum(lines * net_amount) as revenue,
    sum(lines * discount_amount) as discounts,
    sum(lines * tax_amount) as tax
  from changed_lines
  group by order_id, customer_id, date_key, customer_key
),

changes_by_group as (
  select
    dates.month_start,
    customers.customer_category,
    orders.customer_id,
    orders.order_id,
    orders.lines,
    orders.quantity,
    orders.revenue,
    orders.discounts,
    orders.tax
  from changed_orders as orders
  join {{ ref('dim_date') }} as dates on dates.date_key = orders.date_key
  join {{ ref('dim_customer') }} as customers on customers.customer_key = orders.customer_key
),

{%- if is_incremental() %}

moved_orders as (
  select customer_id, month_start from changes_by_group where lines <> 0
),

moved_days as (
  select date_key from {{ ref('dim_date') }} as dates where month_start in (select month_start from moved_orders where month_start is not null)
),

orders_now as (
  select order_id, customer_id, date_key, customer_key, count(*) as lines
  from {{ ref('fact_sale') }} as sales
  where order_status <> 'cancelled'
    and customer_id in (select customer_id from moved_orders where customer_id is not null)
    and date_key in (select date_key from moved_days where date_key is not null)
  group by order_id, customer_id, date_key, customer_key
),
{%- endif %}

by_order as (
  select month_start, customer_category, customer_id, order_id, sum(lines) as lines, sum(lines_now) as lines_now
  from (
    select month_start, customer_category, customer_id, order_id, lines, {{ '0' if is_incremental() else 'lines' }} as lines_now
    from changes_by_group
    {%- if is_incremental() %}
    union all
    select dates.month_start, customers.customer_category, orders.customer_id, orders.order_id, 0, orders.lines
    from orders_now as orders
    join {{ ref('dim_date') }} as dates on dates.date_key = orders.date_key
    join {{ ref('dim_customer') }} as customers on customers.customer_key = orders.customer_key
    {%- endif %}
  ) as lines_then_and_now
  group by month_start, customer_category, customer_id, order_id
),

by_customer as (
  select
    month_start,
    customer_category,
    customer_id,
    sum(case when lines_now > 0 then 1 else 0 end) - sum(case when lines_now > lines then 1 else 0 end) as orders,
    sum(lines) as lines,
    sum(lines_now) as lines_now
  from by_order
  group by month_start, customer_category, customer_id
),

moved_counts as (
  select
    month_start,
    customer_category,
    sum(orders) as orders,
    sum(case when lines_now > 0 then 1 else 0 end) - sum(case when lines_now > lines then 1 else 0 end) as customers
  from by_customer
  group by month_start, customer_category
),

moved_sums as (
  select
    month_start,
    customer_category,
    sum(lines) as order_lines,
    coalesce(sum(quantity), 0) as quantity,
    coalesce(sum(revenue), 0) as revenue,
    coalesce(sum(discounts), 0) as discounts,
    coalesce(sum(tax), 0) as tax
  from changes_by_group
  group by month_start, customer_category
)

select
  sums.month_start,
  sums.customer_category,
  cast({{ plus_known('counts.orders') }} as bigint) as orders,
  cast({{ plus_known('counts.customers') }} as bigint) as customers,
  cast({{ plus_known('sums.order_lines') }} as bigint) as order_lines,
  cast({{ plus_known('sums.quantity') }} as bigint) as quantity,
  cast({{ plus_known('sums.revenue') }} as decimal(18, 2)) as revenue,
  cast({{ plus_known('sums.discounts') }} as decimal(18, 2)) as discounts,
  cast({{ plus_known('sums.tax') }} as decimal(18, 2)) as tax,
  {{ plus_known('sums.order_lines') }} = 0 as _deleted
from moved_sums as sums
join moved_counts as counts on counts.month_start = sums.month_start and counts.customer_category = sums.customer_category
{%- if is_incremental() %}
left join {{ this }} as known on known.month_start = sums.month_start and known.customer_category = sums.customer_category
{%- endif %}
