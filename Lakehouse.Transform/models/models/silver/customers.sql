{{ config(unique_key='customer_id') }}

with state as (
  {{ current_state(
      source('bronze', 'sales_customers'),
      key='customer_id',
      columns=['customer_name', 'customer_category', 'email', 'phone', 'city', 'country', 'credit_limit', 'is_active',
               'preferences', 'created_at', 'updated_at'],
      toasted=['preferences']) }}
)

select
  customer_id,
  {{ clean_text('customer_name') }} as customer_name,
  {{ clean_text('customer_category') }} as customer_category,
  {{ clean_email('email') }} as email,
  {{ clean_text('phone') }} as phone,
  {{ clean_text('city') }} as city,
  {{ clean_text('country') }} as country,
  credit_limit,
  is_active,
  preferences,
  coalesce({{ json_text('preferences', 'newsletter') }} = 'true', false) as wants_newsletter,
  {{ json_text('preferences', 'channel') }} as preferred_channel,
  {{ json_text('preferences', 'language') }} as preferred_language,
  created_at,
  updated_at,
  _lsn,
  _committed_at,
  _deleted
from state
{% if not is_incremental() %}where not _deleted{% endif %}
