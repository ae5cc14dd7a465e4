{#- A model lives in the schema that its folder is named for: models/silver/orders.sql is silver.orders. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name if custom_schema_name is not none else node.fqn[1] }}
{%- endmacro %}
