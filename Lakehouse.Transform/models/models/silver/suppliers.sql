{{ config(unique_key='supplier_id') }}

with state as (
  {{ current_state(
      source('bronze', 'purchasing_suppliers'),
      key='supplier_id',
      columns=['supplier_name', 'category', 'contact_email', 'payment_days', 'country', 'updated_at']) }}
)

select
  supplier_id,
  {{ clean_text('supplier_name') }} as supplier_name,
  {{ clean_text('category') }} as category,
  {{ clean_email('contact_email') }} as contact_email,
  payment_days,
  {{ clean_text('country') }} as country,
  updated_at,
  _lsn,
  _committed_at,
  _deleted
from state
{% if not is_incremental() %}where not _deleted{% endif %}
