{# Whether a hand correction is applied to a cell of `staging.cell`: it stands for the same figure, and what it expects is what stands there. #}
{% macro corrects(correction, cell) -%}
    {{ same_figure(correction, cell) }}
        and {{ correction }}.found_state = {{ cell }}.state
        and {{ correction }}.found_value is not distinct from {{ cell }}.value
{%- endmacro %}


{# Whether a hand correction and a cell are about the same figure of the same submission. #}
{% macro same_figure(correction, cell) -%}
    {{ correction }}.submission_id = {{ cell }}.submission_id
        and {{ correction }}.indicator_code = {{ cell }}.indicator_code
        and {{ correction }}.measure = {{ cell }}.measure
        and {{ correction }}.breakdown_code = {{ cell }}.breakdown_code
{%- endmacro %}


{# `state` or `value` of a cell, or what the hand correction that was joined to it says instead. #}
{% macro corrected(column, correction, cell) -%}
    case when {{ correction }}.correction_code is null then {{ cell }}.{{ column }} else {{ correction }}.use_{{ column }} end
{%- endmacro %}
