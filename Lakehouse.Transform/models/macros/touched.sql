{#- The keys for which something changed in any of the relations since this model last ran. -#}
{% macro touched(key, relations) -%}
  {% for relation in relations -%}
  select {{ key }} from {{ changes(relation) }} as changed_{{ loop.index }} where {{ key }} is not null
  {% if not loop.last %}union {% endif %}
  {%- endfor %}
{%- endmacro %}

{#-
  A condition that keeps the touched rows; a full run keeps all. It belongs where the table is read, before any join:
  behind one, whole tables are joined for the sake of a few rows. That the keys are not null is known; DuckDB reads only
  the wanted rows' other columns where it finds a condition on the keys, and else takes them for all keys there are.
-#}
{% macro only_touched(key, touched_rows, word='where') -%}
  {%- if is_incremental() %}{{ word }} {{ key }} in (select {{ key }} from {{ touched_rows }} where {{ key }} is not null){% endif -%}
{%- endmacro %}

{#- Nulls in place of columns of a row of which only the key matters, because it is to be deleted. -#}
{% macro nulls(count) -%}
  {% for _ in range(count) %}null{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}

{#- A column of what moved, on top of what this model holds (joined as known); on a full run it is all there is. -#}
{% macro plus_known(column) -%}
  {{ column }}{% if is_incremental() %} + coalesce(known.{{ column.split('.')[1] }}, 0){% endif %}
{%- endmacro %}
