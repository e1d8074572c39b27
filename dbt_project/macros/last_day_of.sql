{# The day on which a period is compared with the plan of its year: its last one. A week of a year may end in the next one. #}
{% macro last_day_of(period) -%}
    least({{ period }}.end_date, make_date({{ period }}.year, 12, 31))
{%- endmacro %}
