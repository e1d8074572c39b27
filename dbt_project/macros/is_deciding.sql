{# Whether a report decides the value of a period: by the word `deciding` of its indicator and its place in the period. #}
{% macro is_deciding(figure, nesting) -%}
    case {{ figure }}.deciding
        when 'all' then {{ nesting }}.is_inside
        when 'same' then {{ nesting }}.is_same
        when 'first' then {{ nesting }}.is_first
        else {{ nesting }}.is_last
    end
{%- endmacro %}
