{# Whether a criterion measures a period (with period_type and end_date): the version of its profile that holds on the last day. #}
{% macro criterion_holds(criterion, period) -%}
    {{ criterion }}.period_type = {{ period }}.period_type
            and {{ is_valid_on(criterion, period ~ '.end_date') }}
{%- endmacro %}


{# How far apart the beginnings of two periods of a type lie that follow each other. #}
{% macro length_of(period) -%}
    case {{ period }}.period_type
        when 'week' then interval '7 days'
        when 'month' then interval '1 month'
        when 'quarter' then interval '3 months'
        else interval '1 year'
    end
{%- endmacro %}


{# Whether something with valid_from and valid_to holds on a day. `is not true`, here and below, is for the planner, which takes it for a
   condition that most rows meet: of one in nine it would expect few rows, and look up for each what it had better read once. #}
{% macro is_valid_on(version, day) -%}
    ({{ day }} < {{ version }}.valid_from) is not true
            and ({{ day }} >= {{ version }}.valid_to) is not true
{%- endmacro %}
