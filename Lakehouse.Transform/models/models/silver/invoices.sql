{{ config(unique_key='invoice_id') }}

with state as (
  {{ current_state(
      source('bronze', 'sales_invoices'),
      key='invoice_id',
      columns=['order_id', 'customer_id', 'invoice_date', 'total_ex_tax', 'tax_amount', 'total_inc_tax', 'paid_at', 'updated_at']) }}
)

select
  invoice_id,
  order_id,
  customer_id,
  invoice_date,
  total_ex_tax,
  tax_amount,
  total_inc_tax,
  paid_at,
  paid_at is not null as is_paid,
  updated_at,
  _lsn,
  _committed_at,
  _deleted
from state
{% if not is_incremental() %}where not _deleted{% endif %}
