{#-
  The type 2 history of every key that changed, out of a bronze table's change history: one version for each source
  transaction after which a tracked column is another than before.

  history  the bronze table, one row a change, ordered by (_lsn, _seq)
  key      its key column
  columns  the tracked columns: names, and the expressions over the bronze table that give them

  Gives key, columns, version_key, valid_from (inclusive) and valid_to (exclusive), is_current, _lsn, _committed_at.
  What the first snapshot found is taken to have been so always. A version ends when the row changes, is deleted, or
  its table is truncated. Versions that ended before the first arriving change cannot differ from what this model
  holds and are left out.
-#}
{% macro versions(history, key, columns) -%}
{%- set arriving = changes(history) -%}
with arrived as (
  select {{ key }}, min(_lsn) as _since
  from {{ arriving }} as arriving
  where {{ key }} is not null
  group by {{ key }}
),

truncations as (
  select _lsn, _seq, _committed_at from {{ history }} as history where _op = 't'
),

changed_keys as (
  select {{ key }}, min(_since) as _since
  from (
    select {{ key }}, _since from arrived
    {%- if is_incremental() %}
    union all
    select known.{{ key }}, truncated._lsn
    from {{ this }} as known
    cross join (select _lsn from {{ arriving }} as arriving where _op = 't') as truncated
    {%- endif %}
  ) as all_keys
  group by {{ key }}
),

events as (
  select
    {{ key }},
    {% for name, expression in columns.items() %}{{ expression }} as {{ name }}, {% endfor %}
    _op,
    _lsn,
    _seq,
    _committed_at
  from {{ history }} as history
  where {{ key }} in (select {{ key }} from changed_keys)

  union all

  select
    changed_keys.{{ key }},
    {% for name in columns %}null, {% endfor %}
    'd',
    truncations._lsn,
    truncations._seq,
    truncations._committed_at
  from truncations
  cross join changed_keys
),

-- A transaction's last word on the key is what it did.
states as (
  select
    numbered.*,
    case
      when _op = 'd' then 'gone'
      else md5(concat_ws('|', {% for name in columns %}coalesce(cast({{ name }} as string), '~'){{ ', ' if not loop.last }}{% endfor %}))
    end as _state
  from (
    select events.*, row_number() over (partition by {{ key }}, _lsn order by _seq desc) as _newest
    from events
  ) as numbered
  where _newest = 1
),

starts as (
  select *
  from (
    select states.*, lag(_state) over (partition by {{ key }} order by _lsn) as _before
    from states
  ) as compared
  where _state <> coalesce(_before, 'gone')
),

spans as (
  select
    starts.*,
    lead(_lsn) over (partition by {{ key }} order by _lsn) as _next_lsn,
    lead(_committed_at) over (partition by {{ key }} order by _lsn) as _next_at
  from starts
)

select
  md5(concat_ws('|', cast(spans.{{ key }} as string), cast(spans._lsn as string))) as version_key,
  spans.{{ key }},
  {% for name in columns %}spans.{{ name }}, {% endfor %}
  case when spans._op = 'r' and spans._before is null then {{ instant('1900-01-01 00:00:00') }} else spans._committed_at end as valid_from,
  coalesce(spans._next_at, {{ instant('9999-12-31 00:00:00') }}) as valid_to,
  spans._next_lsn is null as is_current,
  spans._lsn,
  spans._committed_at
from spans
join changed_keys on changed_keys.{{ key }} = spans.{{ key }}
where spans._state <> 'gone'
  and (spans._next_lsn is null or spans._next_lsn >= changed_keys._since)
{%- endmacro %}
