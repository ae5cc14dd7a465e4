{{ config(unique_key='customer_id', meta={'delete_when': '_deleted', 'except_columns': ['_deleted']}) }}

with touched_customers as (
  {{ touched('customer_id', [ref('customers'), ref('orders'), ref('invoices'), ref('fact_sale')]) }}
),

ordered as (
  select
    customer_id,
    count(*) as orders,
    sum(case when status in ('placed', 'picked', 'shipped') then 1 else 0 end) as open_orders,
    sum(case when status = 'cancelled' then 1 else 0 end) as cancelled_orders,
    min(order_date) as first_order_date,
    max(order_date) as last_order_date
  from {{ ref('orders') }} as orders
  {{ only_touched('customer_id', 'touched_customers') }}
  group by customer_id
),

sold as (
  select
    customer_id,
    sum(quantity) as items_bought,
    count(distinct stock_item_id) as distinct_items_bought,
    sum(net_amount) as revenue,
    sum(discount_amount) as discounts
  from {{ ref('fact_sale') }} as sales
  where order_status <> 'cancelled'
    {{ only_touched('customer_id', 'touched_customers', 'and') }}
  group by customer_id
),

invoiced as (
  select
    customer_id,
    sum(total_inc_tax) as invoiced_amount,
    sum(case when is_paid then 0 else total_inc_tax end) as outstanding_amount,
    max(paid_at) as last_paid_at
  from {{ ref('invoices') }} as invoices
  {{ only_touched('customer_id', 'touched_customers') }}
  group by customer_id
),

profiles as (
  select
    customers.customer_id,
    customers.customer_name,
    customers.customer_category,
    customers.email,
    customers.city,
    customers.country,
    customers.is_active,
    customers.wants_newsletter,
    customers.preferred_channel,
    customers.credit_limit,
    customers.created_at as customer_since,
    cast(coalesce(ordered.orders, 0) as bigint) as orders,
    cast(coalesce(ordered.open_orders, 0) as bigint) as open_orders,
    cast(coalesce(ordered.cancelled_orders, 0) as bigint) as cancelled_orders,
    ordered.first_order_date,
    ordered.last_order_date,
    cast(coalesce(sold.items_bought, 0) as bigint) as items_bought,
    cast(coalesce(sold.distinct_items_bought, 0) as bigint) as distinct_items_bought,
    cast(coalesce(sold.revenue, 0) as decimal(18, 2)) as revenue,
    cast(coalesce(sold.discounts, 0) as decimal(18, 2)) as discounts,
    cast(coalesce(invoiced.invoiced_amount, 0) as decimal(18, 2)) as invoiced_amount,
    cast(coalesce(invoiced.outstanding_amount, 0) as decimal(18, 2)) as outstanding_amount,
    coalesce(invoiced.outstanding_amount, 0) > customers.credit_limit as is_over_credit_limit,
    invoiced.last_paid_at
  from (select * from {{ ref('customers') }} as all_customers {{ only_touched('customer_id', 'touched_customers') }}) as customers
  left join ordered on ordered.customer_id = customers.customer_id
  left join sold on sold.customer_id = customers.customer_id
  left join invoiced on invoiced.customer_id = customers.customer_id
)

select profiles.*, false as _deleted
from profiles
{%- if is_incremental() %}

union all

-- A customer that is touched and has no profile has gone; where there was none, there is nothing to delete.
select touched.customer_id, {{ nulls(23) }}, true
from touched_customers as touched
where touched.customer_id is not null
  and not exists (select 1 from profiles where profiles.customer_id = touched.customer_id)
{%- endif %}
