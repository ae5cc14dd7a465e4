{{ config(unique_key=['month_start', 'customer_category'], meta={'delete_when': '_deleted', 'except_columns': ['_deleted']}) }}

with touched_groups as (
  select distinct dates.month_start, customers.customer_category
  from {{ changes(ref('fact_sale')) }} as sales
  join {{ ref('dim_date') }} as dates on dates.date_key = sales.date_key
  join {{ ref('dim_customer') }} as customers on customers.customer_key = sales.customer_key
),

metrics as (
  select
    dates.month_start,
    customers.customer_category,
    count(distinct sales.order_id) as orders,
    count(distinct sales.customer_id) as customers,
    count(*) as order_lines,
    cast(sum(sales.quantity) as bigint) as quantity,
    cast(sum(sales.net_amount) as decimal(18, 2)) as revenue,
    cast(sum(sales.discount_amount) as decimal(18, 2)) as discounts,
    cast(sum(sales.tax_amount) as decimal(18, 2)) as tax
  from {{ ref('fact_sale') }} as sales
  join {{ ref('dim_date') }} as dates on dates.date_key = sales.date_key
  join {{ ref('dim_customer') }} as customers on customers.customer_key = sales.customer_key
  join touched_groups on touched_groups.month_start = dates.month_start and touched_groups.customer_category = customers.customer_category
  where sales.order_status <> 'cancelled'
  group by dates.month_start, customers.customer_category
)

select metrics.*, false as _deleted
from metrics
{%- if is_incremental() %}

union all

select gone.*, true as _deleted
from {{ this }} as gone
join touched_groups on touched_groups.month_start = gone.month_start and touched_groups.customer_category = gone.customer_category
where not exists (
  select 1 from metrics where metrics.month_start = gone.month_start and metrics.customer_category = gone.customer_category
)
{%- endif %}
