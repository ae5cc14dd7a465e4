{#- The keys for which something changed in any of the relations since this model last ran. -#}
{% macro touched(key, relations) -%}
  {% for relation in relations -%}
  select {{ key }} from {{ changes(relation) }} as changed_{{ loop.index }} where {{ key }} is not null
  {% if not loop.last %}union {% endif %}
  {%- endfor %}
{%- endmacro %}
