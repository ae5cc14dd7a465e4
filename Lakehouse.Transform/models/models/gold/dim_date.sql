{{ config(materialized='table') }}

{%- set months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] %}
{%- set weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] %}

with digits as (
  {% for digit in range(10) %}select {{ digit }} as digit{{ ' union all ' if not loop.last }}{% endfor %}
),

numbers as (
  select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as number
  from digits as ones
  cross join digits as tens
  cross join digits as hundreds
  cross join digits as thousands
),

days as (
  -- Monday, 3 January 2000, is where weekdays are counted from; the arithmetic is the same on every engine.
  select {{ add_days("date '2000-01-03'", 'number') }} as date_day, number
  from (
    select number + 10000 * myriads.digit as number
    from numbers
    cross join (select digit from digits where digit < 2) as myriads
  ) as counted
)

select
  cast(extract(year from date_day) * 10000 + extract(month from date_day) * 100 + extract(day from date_day) as int) as date_key,
  date_day,
  cast(extract(year from date_day) as int) as year,
  cast(extract(quarter from date_day) as int) as quarter,
  cast(extract(month from date_day) as int) as month,
  case cast(extract(month from date_day) as int){% for month in months %} when {{ loop.index }} then '{{ month }}'{% endfor %} end as month_name,
  {{ add_days('date_day', '-cast(extract(day from date_day) - 1 as int)') }} as month_start,
  cast(extract(day from date_day) as int) as day_of_month,
  cast(extract(week from date_day) as int) as iso_week,
  cast(number % 7 + 1 as int) as iso_weekday,
  case cast(number % 7 + 1 as int){% for weekday in weekdays %} when {{ loop.index }} then '{{ weekday }}'{% endfor %} end as weekday_name,
  number % 7 >= 5 as is_weekend
from days
where extract(year from date_day) between {{ var('first_year') }} and {{ var('last_year') }}
