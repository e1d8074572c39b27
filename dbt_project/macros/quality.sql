{# Whether a criterion measures a period (with period_type and end_date): the version of its profile that holds on the last day. #}
{% macro criterion_holds(criterion, period) -%}
    {{ criterion }}.period_type = {{ period }}.period_type
            and {{ period }}.end_date >= {{ criterion }}.valid_from
            and {{ period }}.end_date < {{ criterion }}.valid_to
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
