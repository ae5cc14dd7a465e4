{#-
  The newest state of every key that changed, out of a bronze table's change history.

  history  the bronze table, one row a change, ordered by (_lsn, _seq)
  key      its key column
  columns  the other columns to carry
  toasted  those among them that PostgreSQL may store out of line: it does not send such a value again when an update
           leaves it alone (the change lists the column in _unchanged), so it is taken from the newest arriving change
           that had it, else from this model, else from the newest change in all of bronze that had it

  Gives key, columns, _lsn and _committed_at of the change, and _deleted: true where the row was deleted, or its table
  truncated. A truncation is a change without a key (_op 't').
-#}
{% macro current_state(history, key, columns, toasted=[]) -%}
{%- set arriving = changes(history) -%}
{%- set truncated = changes_have(history, "_op = 't'") -%}
{%- set unsent = [] -%}
{%- set with_keys_moved = [] -%}
{%- for column in toasted if changes_have(history, is_unchanged(column)) -%}{%- do unsent.append(column) -%}{%- endfor -%}
{%- for column in unsent if changes_have(history, "_op = 'c' and " ~ is_unchanged(column)) -%}{%- do with_keys_moved.append(column) -%}{%- endfor -%}
with latest as (
  select *
  from (
    select
      {{ key }},
      {% for column in columns %}{{ column }}, {% endfor %}
      _op,
      _lsn,
      _seq,
      _committed_at,
      _unchanged,
      row_number() over (partition by {{ key }} order by _lsn desc, _seq desc) as _newest
    from {{ arriving }} as arriving
    where {{ key }} is not null
  ) as numbered
  where _newest = 1
)
{%- if truncated %},

truncation as (
  select _lsn, _seq
  from (
    select _lsn, _seq, row_number() over (order by _lsn desc, _seq desc) as _newest
    from {{ arriving }} as arriving
    where _op = 't'
  ) as numbered
  where _newest = 1
)
{%- endif %}

{%- if unsent and is_incremental() %},

known as (
  select {{ key }}, {{ unsent | join(', ') }}
  from {{ this }} as held
  where {{ key }} in (select {{ key }} from latest where _unchanged is not null)
)
{%- endif %}

{%- for column in unsent %},

{{ column }}_unsent as (
  select {{ key }} from latest where {{ is_unchanged(column) }}
),

{%- if column in with_keys_moved %}

{{ column }}_moved as (
  {{ moved(arriving, history, key, column) }}
),
{%- endif %}

{{ column }}_sent as (
  {{ newest_sent(arriving, key, column, key ~ ' in (select ' ~ key ~ ' from ' ~ column ~ '_unsent)', column ~ '_moved' if column in with_keys_moved else none) }}
)
{%- if is_incremental() %},

-- Only what this model does not hold is looked up in all of bronze: that is rarely anything, and bronze is large.
{{ column }}_before as (
  {{ newest_sent(history, key, column, key ~ ' in (select ' ~ key ~ ' from ' ~ column ~ '_unsent where ' ~ key ~ ' not in (select ' ~ key ~ ' from ' ~ column ~ '_sent) and '
      ~ key ~ ' not in (select ' ~ key ~ ' from known))') }}
)
{%- endif %}
{%- endfor %}

select
  latest.{{ key }},
  {% for column in columns -%}
  {% if column in unsent -%}
  case
    when not {{ is_unchanged(column, 'latest') }} then latest.{{ column }}
    {%- if is_incremental() %}
    when {{ column }}_sent.{{ key }} is null and known.{{ key }} is not null then known.{{ column }}
    when {{ column }}_sent.{{ key }} is null then {{ column }}_before.{{ column }}
    {%- endif %}
    else {{ column }}_sent.{{ column }}
  end as {{ column }},
  {% else -%}
  latest.{{ column }},
  {% endif -%}
  {% endfor -%}
  latest._lsn,
  latest._committed_at,
  latest._op = 'd'
  {%- if truncated %}
    or coalesce(truncation._lsn > latest._lsn or (truncation._lsn = latest._lsn and truncation._seq > latest._seq), false)
  {%- endif %} as _deleted
from latest
{%- if truncated %}
left join truncation on 1 = 1
{%- endif %}
{%- for column in unsent %}
left join {{ column }}_sent on {{ column }}_sent.{{ key }} = latest.{{ key }}
{%- if is_incremental() %}
left join {{ column }}_before on {{ column }}_before.{{ key }} = latest.{{ key }}
{%- endif %}
{%- endfor %}
{%- if unsent and is_incremental() %}
left join known on known.{{ key }} = latest.{{ key }}
{%- endif %}
{%- if truncated and is_incremental() %}

union all

select
  gone.{{ key }},
  {% for column in columns %}null, {% endfor %}
  truncation._lsn,
  null,
  true
from {{ this }} as gone
cross join truncation
where not exists (select 1 from latest where latest.{{ key }} = gone.{{ key }})
{%- endif %}
{%- endmacro %}


{#- A changed key arrives as the old one's delete and, next in its transaction, the new one's insert. What that insert lists
    in _unchanged is the old key's value: by the new key and the insert's place, that value. Looks one key back: after two
    changes of a row's key with the value sent at neither, nor between, it is not found. -#}
{% macro moved(arriving, history, key, column) -%}
  select {{ key }}, {{ column }}, _lsn, _seq
  from (
    select
      created.{{ key }},
      held.{{ column }},
      created._lsn,
      created._seq,
      row_number() over (partition by created._lsn, created._seq order by held._lsn desc nulls last, held._seq desc) as _newest
    from {{ arriving }} as created
    inner join {{ arriving }} as deleted
      on deleted._lsn = created._lsn and deleted._seq = created._seq - 1 and deleted._op = 'd'
    left join {{ history }} as held
      on held.{{ key }} = deleted.{{ key }}
      and (held._lsn < deleted._lsn or (held._lsn = deleted._lsn and held._seq < deleted._seq))
      and held._op <> 'd'
      and not {{ is_unchanged(column, 'held') }}
    where created._op = 'c'
      and {{ is_unchanged(column, 'created') }}
  ) as numbered
  where _newest = 1
{%- endmacro %}


{#- By key, the column's value in the newest change of a relation that came with it, or that has it from the key before. -#}
{% macro newest_sent(relation, key, column, condition, moved=none) -%}
  select {{ key }}, {{ column }}
  from (
    select
      {{ key }},
      {{ column }},
      row_number() over (partition by {{ key }} order by _lsn desc, _seq desc) as _newest
    from (
      select {{ key }}, {{ column }}, _lsn, _seq
      from {{ relation }} as changes_with_it
      where {{ condition }}
        and _op <> 'd'
        and not {{ is_unchanged(column) }}
      {%- if moved %}
      union all
      select {{ key }}, {{ column }}, _lsn, _seq from {{ moved }}
      {%- endif %}
    ) as with_it
  ) as numbered
  where _newest = 1
{%- endmacro %}


{#- Whether a change left the column alone and came without its value; never null. -#}
{% macro is_unchanged(column, relation=none) -%}
  {%- set unchanged = relation ~ '._unchanged' if relation else '_unchanged' -%}
  ({{ unchanged }} is not null and array_contains({{ unchanged }}, '{{ column }}'))
{%- endmacro %}
