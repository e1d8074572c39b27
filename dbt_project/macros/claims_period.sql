{# Whether a version of a unit (with `next_valid_from`) stands for the unit in a period: it is the one valid on the period's last day or, when
   the unit ended before that day, the last one of the period. One version a unit and period at most. #}
{% macro claims_period(unit, period) -%}
    {{ unit }}.valid_from <= {{ period }}.end_date
        and {{ unit }}.next_valid_from > {{ period }}.end_date
        and {{ unit }}.valid_to > {{ period }}.start_date
{%- endmacro %}
