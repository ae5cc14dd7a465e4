{{ config(unique_key='stock_item_key') }}

with versions as (
  {{ versions(
      source('bronze', 'warehouse_stock_items'),
      key='stock_item_id',
      columns={
        'stock_item_name': clean_text('stock_item_name'),
        'supplier_id': 'supplier_id',
        'brand': "coalesce(" ~ clean_text('brand') ~ ", 'unbranded')",
        'size': clean_text('size'),
        'color': clean_text('color'),
        'unit_price': 'unit_price',
        'tax_rate': 'tax_rate',
        'is_chiller': 'is_chiller',
      }) }}
)

select
  version_key as stock_item_key,
  stock_item_id,
  stock_item_name,
  supplier_id,
  brand,
  size,
  color,
  unit_price,
  tax_rate,
  is_chiller,
  valid_from,
  valid_to,
  is_current,
  _lsn,
  _committed_at
from versions
