-- An invoice whose order lost no line to quarantine has the amount of its lines.
select invoices.invoice_id
from {{ ref('invoices') }} as invoices
join (
  select order_id, sum(net_amount) as net_amount
  from {{ ref('fact_sale') }}
  group by order_id
) as sales on sales.order_id = invoices.order_id
where invoices.total_ex_tax <> sales.net_amount
