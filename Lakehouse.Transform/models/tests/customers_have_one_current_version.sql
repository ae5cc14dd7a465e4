-- Every customer has exactly one current version.
select customers.customer_id
from {{ ref('customers') }} as customers
left join (
  select customer_id, count(*) as versions
  from {{ ref('dim_customer') }}
  where is_current
  group by customer_id
) as current_versions on current_versions.customer_id = customers.customer_id
where coalesce(current_versions.versions, 0) <> 1
