{# Pre-hook of a table of failures: forget what an earlier attempt of the same judgement wrote, so that a rerun is harmless. #}
{% macro forget_judgement() %}
    {% if execute and not flags.EMPTY and is_incremental() %}
        delete from {{ this }} where gate_run_id = (select audit.judgement())
    {% endif %}
{% endmacro %}


{# Pre-hook of a table that is made anew for every judgement, but must keep its identity. #}
{% macro forget_everything() %}
    {% if execute and not flags.EMPTY and is_incremental() %}
        truncate table {{ this }}
    {% endif %}
{% endmacro %}


{# Whether a rule judges a report (with form_code, unit_path, unit_type, period_type and end_date): what it does not name, it does not
   restrict. A unit that the tree does not have in the period is in no unit's branch. #}
{% macro in_scope(rule, report) -%}
    ({{ rule }}.forms is null or {{ report }}.form_code = any({{ rule }}.forms))
        and {{ report }}.end_date >= {{ rule }}.valid_from
        and {{ report }}.end_date < {{ rule }}.valid_to
        and ({{ rule }}.units is null or string_to_array({{ report }}.unit_path, '/') && {{ rule }}.units)
        and ({{ rule }}.unit_types is null or {{ report }}.unit_type = any({{ rule }}.unit_types))
        and ({{ rule }}.period_types is null or {{ report }}.period_type = any({{ rule }}.period_types))
        and ({{ rule }}.months is null or extract(month from {{ report }}.end_date) = any({{ rule }}.months))
{%- endmacro %}


{# Whether a cell has the breakdown that a term of a rule names; a term that names none takes any. #}
{% macro is_breakdown_of_term(term, cell) -%}
    ({{ term }}.breakdown_code is null or {{ term }}.breakdown_code = {{ cell }}.breakdown_code)
{%- endmacro %}


{# The breakdown under which figures are put together: the cell's, or one for all when the terms name theirs. #}
{% macro breakdown_compared(term, cell) -%}
    case when {{ term }}.breakdown_code is null then {{ cell }}.breakdown_code else 'TOTAL' end
{%- endmacro %}


{# One unit of the last printed digit: 83.6 -> 0.1, 84 -> 1. Digits behind the sixth come from floating point, not from a person. #}
{% macro printed_step(number) -%}
    power(10::numeric, -least(scale({{ number }}), 6))
{%- endmacro %}


{# The same for a percentage in a cell: what was typed shows the zeros that the number has lost (56.0 %). #}
{% macro printed_step_of_percentage(cell) -%}
    power(10::numeric, -greatest(
        least(scale({{ cell }}.value), 6), coalesce(length(substring({{ cell }}.raw from '[.,]([0-9]{1,2})\s*%?\s*$')), 0)
    ))
{%- endmacro %}


{# The same for a figure whose whole numbers are exact counts: only a fraction was rounded. #}
{% macro printed_fraction(number) -%}
    case when scale(trim_scale({{ number }})) > 0 then {{ printed_step(number) }} else 0 end
{%- endmacro %}


{# Found minus expected, without the dust of floating point. #}
{% macro difference(found, expected) -%}
    round({{ found }} - {{ expected }}, 6)
{%- endmacro %}


{# Whether found and expected compare as an operator says, by their difference. What holds with less allowed holds with more. Null for an
   operator that asks for more than the difference. #}
{% macro compares(operator, difference, allowed) -%}
    case {{ operator }}
            when '=' then abs({{ difference }}) <= {{ allowed }}
            when '<=' then {{ difference }} <= {{ allowed }}
            when '>=' then {{ difference }} >= -{{ allowed }}
            when '<' then {{ difference }} < {{ allowed }} or ({{ allowed }} > 0 and {{ difference }} = {{ allowed }})
            when '>' then {{ difference }} > -{{ allowed }} or ({{ allowed }} > 0 and {{ difference }} = -{{ allowed }})
        end
{%- endmacro %}


{# What a rule allows around an expected figure: its absolute or its relative tolerance, or the precision of the print. #}
{% macro tolerance(rule, expected, precision=0) -%}
    greatest({{ rule }}.tolerance, {{ rule }}.tolerance_pct / 100 * abs({{ expected }}), {{ precision }})
{%- endmacro %}


{# Whether found and expected differ by more than a rule allows, however they are printed. The absolute tolerance is asked first: it
   settles most, and the relative one is a multiplication and a division. #}
{% macro differs(rule, found, expected) -%}
    abs({{ difference(found, expected) }}) > {{ rule }}.tolerance
        and abs({{ difference(found, expected) }}) > {{ tolerance(rule, expected) }}
{%- endmacro %}


{# A number for people: no trailing zeros, at most six decimals. #}
{% macro number_text(number) -%}
    trim_scale(round({{ number }}, 6))::text
{%- endmacro %}


{# A cell of `staging.cell` as it stands in the column `cells` of a failure. #}
{% macro cell_object(cell) -%}
    jsonb_build_object(
        'sheet', {{ cell }}.sheet,
        'cell', {{ cell }}.cell,
        'indicator_code', {{ cell }}.indicator_code,
        'breakdown_code', {{ cell }}.breakdown_code,
        'measure', {{ cell }}.measure,
        'value', {{ cell }}.value,
        'submission_id', {{ cell }}.submission_id
    )
{%- endmacro %}


{# Whether a rule can reckon with a cell: only the states `number` and `zero` have a value. The planner has no statistics of what may be
   corrected, and takes a condition on the state for one that hardly any cell meets. #}
{% macro has_number(cells=none) -%}
    {{ cells ~ '.' if cells else '' }}value is not null
{%- endmacro %}


{# A condition that rows which are read anyway must meet. A plain one on the measure makes PostgreSQL look for it in the index of the cells,
   and to find there most of a report's cells takes longer than to read all of them. #}
{% macro without_index(condition) -%}
    case when {{ condition }} then true end
{%- endmacro %}


{# The first columns of a failure: of which judgement, rule and submission it is. #}
{% macro head_of_failure(rules, submissions) -%}
    {{ submissions }}.gate_run_id,
        {{ rules }}.rule_code,
        {{ rules }}.kind,
        {{ rules }}.severity,
        {{ submissions }}.unit_code,
        {{ submissions }}.form_code,
        {{ submissions }}.period_code
{%- endmacro %}


{# At the end of a subquery: the planner keeps it apart from the query around it, so that its columns are worked out once a row, and its
   joins are made before those around it. #}
{% macro made_once() -%}
    offset 0
{%- endmacro %}
