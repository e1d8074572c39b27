{# The marts have the names of the tables that they show, in a schema of their own: model `marts__dim_unit` is the view `marts.dim_unit`. #}
{% macro generate_alias_name(custom_alias_name, node) -%}
    {{ (custom_alias_name or node.name.removeprefix('marts__')) | trim }}
{%- endmacro %}
