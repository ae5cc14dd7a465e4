{{ config(unique_key='stock_item_id', meta={'delete_when': '_deleted', 'except_columns': ['_deleted']}) }}

with touched_items as (
  {{ touched('stock_item_id', [ref('stock_item_holdings'), ref('dim_stock_item')]) }}
),

stock as (
  select
    holdings.stock_item_id,
    coalesce(items.stock_item_key, 'unknown') as stock_item_key,
    items.supplier_id,
    holdings.bin_location,
    holdings.quantity_on_hand,
    holdings.reorder_level,
    holdings.quantity_on_hand <= holdings.reorder_level as is_below_reorder_level,
    holdings.last_cost_price,
    cast(holdings.quantity_on_hand * holdings.last_cost_price as decimal(18, 2)) as stock_value,
    holdings.updated_at,
    holdings._lsn,
    holdings._committed_at
  from {{ ref('stock_item_holdings') }} as holdings
  left join {{ ref('dim_stock_item') }} as items on items.stock_item_id = holdings.stock_item_id and items.is_current
  where holdings.stock_item_id in (select stock_item_id from touched_items)
)

select stock.*, false as _deleted
from stock
{%- if is_incremental() %}

union all

-- An item that is touched and has no stock has gone; where there was none, there is nothing to delete.
select touched.stock_item_id, {{ nulls(11) }}, true
from touched_items as touched
where not exists (select 1 from stock where stock.stock_item_id = touched.stock_item_id)
{%- endif %}
