{#-
  The type 2 history of every key that changed, out of a bronze table's change history: one version for each source
  transaction after which a tracked column is another than before.

  history  the bronze table, one row a change, ordered by (_lsn, _seq)
  key      its key column
  columns  the tracked columns: names, and the expressions over the bronze table that give them

  Gives version_key, key, columns, valid_from (inclusive) and valid_to (exclusive), is_current, _lsn, _committed_at.
  What the first snapshot found is taken to have been so always. A version ends when the row changes, is deleted, or
  its table is truncated. An incremental run continues from each key's newest version; it reads no older changes.
-#}
{% macro versions(history, key, columns) -%}
{%- set arriving = changes(history) -%}
{%- set truncated = changes_have(history, "_op = 't'") -%}
with changed_keys as (
  select {{ key }}, min(_lsn) as _since
  from (
    select {{ key }}, _lsn from {{ arriving }} as arriving where {{ key }} is not null
    {%- if truncated and is_incremental() %}
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
    _committed_at,
    {{ instant('1900-01-01 00:00:00') }} as _known_from
  from {{ arriving }} as arriving
  where {{ key }} is not null
  {%- if truncated %}

  union all

  select
    changed_keys.{{ key }},
    {% for name in columns %}null, {% endfor %}
    'd',
    truncations._lsn,
    truncations._seq,
    truncations._committed_at,
    null
  from (select _lsn, _seq, _committed_at from {{ arriving }} as arriving where _op = 't') as truncations
  cross join changed_keys
  {%- endif %}
  {%- if is_incremental() %}

  union all

  -- Where the key's history stood: its newest version, and after it the deletion that ended it, if one did.
  select
    newest.{{ key }},
    {% for name in columns %}newest.{{ name }}, {% endfor %}
    ends._op,
    case when ends._op = 'd' then changed_keys._since - 1 else newest._lsn end,
    0,
    case when ends._op = 'd' then newest.valid_to else newest._committed_at end,
    newest.valid_from
  from (
    select known.*, row_number() over (partition by {{ key }} order by _lsn desc) as _newest
    from {{ this }} as known
    where {{ key }} in (select {{ key }} from changed_keys)
  ) as newest
  join changed_keys on changed_keys.{{ key }} = newest.{{ key }}
  join (select 'v' as _op union all select 'd') as ends on ends._op = 'v' or not newest.is_current
  where newest._newest = 1
  {%- endif %}
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
    lead(_committed_at) over (partition by {{ key }} order by _lsn) as _next_at
  from starts
)

select
  md5(concat_ws('|', cast({{ key }} as string), cast(_lsn as string))) as version_key,
  {{ key }},
  {% for name in columns %}{{ name }}, {% endfor %}
  case
    when _op = 'v' then _known_from
    when _op = 'r' and _before is null then {{ instant('1900-01-01 00:00:00') }}
    else _committed_at
  end as valid_from,
  coalesce(_next_at, {{ instant('9999-12-31 00:00:00') }}) as valid_to,
  _next_at is null as is_current,
  _lsn,
  _committed_at
from spans
where _state <> 'gone'
  -- A version that still lasts is stored as it is.
  and (_op <> 'v' or _next_at is not null)
{%- endmacro %}
