{{ config(unique_key='stock_item_id') }}

with state as (
  {{ current_state(
      source('bronze', 'warehouse_stock_items'),
      key='stock_item_id',
      columns=['stock_item_name', 'supplier_id', 'brand', 'size', 'color', 'unit_price', 'tax_rate', 'tags', 'is_chiller', 'updated_at'],
      toasted=['tags']) }}
)

select
  stock_item_id,
  {{ clean_text('stock_item_name') }} as stock_item_name,
  supplier_id,
  coalesce({{ clean_text('brand') }}, 'unbranded') as brand,
  {{ clean_text('size') }} as size,
  {{ clean_text('color') }} as color,
  unit_price,
  tax_rate,
  tags,
  is_chiller,
  updated_at,
  _lsn,
  _committed_at,
  _deleted
from state
{% if not is_incremental() %}where not _deleted{% endif %}
