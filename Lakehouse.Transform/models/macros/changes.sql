{#-
  The rows of a relation that came and went since this model last ran. Lakehouse's runner has this built in and reads
  the tables' own change history; this macro is for plain dbt, which has no such history: every run reads everything.
-#}
{% macro changes(relation) -%}
  (select *, 'insert' as _change_type from {{ relation }})
{%- endmacro %}

{#-
  Whether any of those rows fulfils a condition. Lakehouse's runner has this built in too: where an incremental run knows
  that none does, the SQL for such rows can be left out. It must change nothing but the cost: here the answer is always yes.
-#}
{% macro changes_have(relation, condition) -%}
  {{ return(true) }}
{%- endmacro %}
