{#- Text without blanks around it; null instead of nothing. -#}
{% macro clean_text(column) -%}
  nullif(trim({{ column }}), '')
{%- endmacro %}

{#- An address in one spelling, or null where it cannot be one. -#}
{% macro clean_email(column) -%}
  case when trim({{ column }}) like '%_@_%._%' and trim({{ column }}) not like '% %' then lower(trim({{ column }})) end
{%- endmacro %}
