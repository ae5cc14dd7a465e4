{{ config(unique_key='customer_key') }}

with versions as (
  {{ versions(
      source('bronze', 'sales_customers'),
      key='customer_id',
      columns={
        'customer_name': clean_text('customer_name'),
        'customer_category': clean_text('customer_category'),
        'email': clean_email('email'),
        'city': clean_text('city'),
        'country': clean_text('country'),
        'credit_limit': 'credit_limit',
        'is_active': 'is_active',
      }) }}
)

select
  version_key as customer_key,
  customer_id,
  customer_name,
  customer_category,
  email,
  city,
  country,
  credit_limit,
  is_active,
  valid_from,
  valid_to,
  is_current,
  _lsn,
  _committed_at
from versions
