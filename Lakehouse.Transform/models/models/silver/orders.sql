{{ config(unique_key='order_id') }}

with state as (
  {{ current_state(
      source('bronze', 'sales_orders'),
      key='order_id',
      columns=['customer_id', 'salesperson', 'order_date', 'expected_delivery_date', 'status', 'comments', 'created_at', 'updated_at'],
      toasted=['comments']) }}
)

select
  order_id,
  customer_id,
  {{ clean_text('salesperson') }} as salesperson,
  order_date,
  expected_delivery_date,
  lower({{ clean_text('status') }}) as status,
  {{ clean_text('comments') }} as comments,
  created_at,
  updated_at,
  _lsn,
  _committed_at,
  _deleted
from state
{% if not is_incremental() %}where not _deleted{% endif %}
