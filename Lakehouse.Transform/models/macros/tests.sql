{#-
  True of every row (null counts as broken, as it hides a missing value). Lakehouse's runner has this test built in;
  this is for plain dbt without packages.
-#}
{% test expression_is_true(model, expression, column_name=none) %}
select *
from {{ model }}
where not coalesce({{ column_name ~ ' ' if column_name else '' }}{{ expression }}, false)
{% endtest %}

{#- No two rows agree in all these columns. -#}
{% test unique_combination_of_columns(model, combination_of_columns) %}
select {{ combination_of_columns | join(', ') }}
from {{ model }}
group by {{ combination_of_columns | join(', ') }}
having count(*) > 1
{% endtest %}
