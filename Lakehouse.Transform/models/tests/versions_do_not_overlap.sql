-- A version begins where or after the one before it ended.
select 'customer' as dimension, cast(customer_id as bigint) as id, valid_from
from (
  select customer_id, valid_from, lag(valid_to) over (partition by customer_id order by _lsn) as ended_before
  from {{ ref('dim_customer') }}
) as versions
where valid_from < ended_before

union all

select 'stock item' as dimension, cast(stock_item_id as bigint) as id, valid_from
from (
  select stock_item_id, valid_from, lag(valid_to) over (partition by stock_item_id order by _lsn) as ended_before
  from {{ ref('dim_stock_item') }}
) as versions
where valid_from < ended_before
