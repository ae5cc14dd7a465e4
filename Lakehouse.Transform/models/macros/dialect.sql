{#- What DuckDB and Spark spell differently, each in one place. The default is Spark's. -#}

{#- A point in time, given in UTC. -#}
{% macro instant(text) -%}
  {{ return(adapter.dispatch('instant')(text)) }}
{%- endmacro %}

{% macro default__instant(text) -%}
  timestamp '{{ text }} UTC'
{%- endmacro %}

{% macro duckdb__instant(text) -%}
  timestamptz '{{ text }}+00'
{%- endmacro %}

{#- A field of a JSON text, as text. -#}
{% macro json_text(column, field) -%}
  {{ return(adapter.dispatch('json_text')(column, field)) }}
{%- endmacro %}

{% macro default__json_text(column, field) -%}
  get_json_object({{ column }}, '$.{{ field }}')
{%- endmacro %}

{% macro duckdb__json_text(column, field) -%}
  json_extract_string({{ column }}, '$.{{ field }}')
{%- endmacro %}

{#- A date some days later. -#}
{% macro add_days(date, days) -%}
  {{ return(adapter.dispatch('add_days')(date, days)) }}
{%- endmacro %}

{% macro default__add_days(date, days) -%}
  date_add({{ date }}, {{ days }})
{%- endmacro %}

{% macro duckdb__add_days(date, days) -%}
  ({{ date }} + {{ days }})
{%- endmacro %}
