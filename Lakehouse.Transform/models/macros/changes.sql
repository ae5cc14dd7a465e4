{#-
  The rows of a relation that came and went since this model last ran. Lakehouse's runner has this built in and reads
  the tables' own change history; this macro is for plain dbt, which has no such history: every run reads everything.
-#}
{% macro changes(relation) -%}
  (select *, 'insert' as _change_type from {{ relation }})
{%- endmacro %}
