{{ config(unique_key='order_line_id') }}

with state as (
  {{ current_state(
      source('bronze', 'sales_order_lines'),
      key='order_line_id',
      columns=['order_id', 'stock_item_id', 'description', 'quantity', 'unit_price', 'discount_pct', 'updated_at']) }}
)

select
  order_line_id,
  order_id,
  stock_item_id,
  {{ clean_text('description') }} as description,
  quantity,
  unit_price,
  discount_pct,
  -- Exact: a division would leave the decimals.
  cast(round(quantity * unit_price * (100 - discount_pct) * 0.01, 2) as decimal(14, 2)) as net_amount,
  updated_at,
  _lsn,
  _committed_at,
  _deleted
from state
{% if not is_incremental() %}where not _deleted{% endif %}
