{# The median of numbers, exactly: the mean of the two in the middle, which are one and the same where the count is odd. (The function
   percentile_cont would take them for floating point.) #}
{% macro median(number) -%}
    {% set middle -%}
        percentile_disc(array[0.5, 0.5 + 1e-9]) within group (order by {{ number }})
    {%- endset -%}
    (({{ middle }})[1] + ({{ middle }})[2]) * 0.5
{%- endmacro %}
