{{ config(unique_key=['month_start', 'customer_category'], meta={'delete_when': '_deleted', 'except_columns': ['_deleted']}) }}

with touched_months as (
  select distinct dates.month_start
  from {{ changes(ref('fact_sale')) }} as sales
  join {{ ref('dim_date') }} as dates on dates.date_key = sales.date_key
),

touched_dates as (
  select dates.date_key, dates.month_start
  from {{ ref('dim_date') }} as dates
  {{ only_touched('month_start', 'touched_months') }}
),

-- An order has one date, one customer and one version of it. Counting orders here, by their own key alone, is much
-- cheaper than telling them apart among the lines of a month.
orders as (
  select
    order_id,
    any_value(date_key) as date_key,
    any_value(customer_key) as customer_key,
    any_value(customer_id) as customer_id,
    count(*) as order_lines,
    sum(quantity) as quantity,
    sum(net_amount) as revenue,
    sum(discount_amount) as discounts,
    sum(tax_amount) as tax
  from {{ ref('fact_sale') }} as sales
  where order_status <> 'cancelled'
    {{ only_touched('date_key', 'touched_dates', 'and') }}
  group by order_id
),

metrics as (
  select
    dates.month_start,
    customers.customer_category,
    count(*) as orders,
    count(distinct orders.customer_id) as customers,
    cast(sum(orders.order_lines) as bigint) as order_lines,
    cast(sum(orders.quantity) as bigint) as quantity,
    cast(sum(orders.revenue) as decimal(18, 2)) as revenue,
    cast(sum(orders.discounts) as decimal(18, 2)) as discounts,
    cast(sum(orders.tax) as decimal(18, 2)) as tax
  from orders
  join touched_dates as dates on dates.date_key = orders.date_key
  join {{ ref('dim_customer') }} as customers on customers.customer_key = orders.customer_key
  group by dates.month_start, customers.customer_category
)

select metrics.*, false as _deleted
from metrics
{%- if is_incremental() %}

union all

select gone.*, true as _deleted
from {{ this }} as gone
where gone.month_start in (select month_start from touched_months)
  and not exists (
    select 1 from metrics where metrics.month_start = gone.month_start and metrics.customer_category = gone.customer_category
  )
{%- endif %}
