{# Change in percent. A change from zero has no percentage; a ratio changes in points, not in percent. Reads the column `kind`. #}
{% macro change_pct(now, before) -%}
    case when kind <> 'ratio' then 100 * ({{ now }} - {{ before }}) / nullif({{ before }}, 0) end
{%- endmacro %}
