{{ config(unique_key='stock_item_id') }}

with state as (
  {{ current_state(
      source('bronze', 'warehouse_stock_item_holdings'),
      key='stock_item_id',
      columns=['quantity_on_hand', 'bin_location', 'last_cost_price', 'reorder_level', 'updated_at']) }}
)

select
  stock_item_id,
  -- Wide from the start: the source may widen its column.
  cast(quantity_on_hand as bigint) as quantity_on_hand,
  upper({{ clean_text('bin_location') }}) as bin_location,
  last_cost_price,
  reorder_level,
  updated_at,
  _lsn,
  _committed_at,
  _deleted
from state
{% if not is_incremental() %}where not _deleted{% endif %}
