{# The code of a period as people write it: 2022-08, 2022-Q3, 2022-H1, 2022-9M, 2022, 2022-W33. Null when the year is null. #}
{% macro period_code(year, period_type, number) -%}
    lpad({{ year }}::text, 4, '0') || case {{ period_type }}
        when 'month' then '-' || lpad({{ number }}::text, 2, '0')
        when 'quarter' then '-Q' || {{ number }}
        when 'half' then '-H1'
        when 'nine_months' then '-9M'
        when 'week' then '-W' || lpad({{ number }}::text, 2, '0')
        else ''
    end
{%- endmacro %}
