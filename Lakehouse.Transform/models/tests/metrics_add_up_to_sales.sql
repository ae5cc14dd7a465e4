-- The months' revenue is the sales' revenue, to the cent.
select sales.revenue as sales, metrics.revenue as metrics
from (select coalesce(sum(net_amount), 0) as revenue from {{ ref('fact_sale') }} where order_status <> 'cancelled') as sales
cross join (select coalesce(sum(revenue), 0) as revenue from {{ ref('sales_metrics') }}) as metrics
where sales.revenue <> metrics.revenue
