{{ config(materialized='view') }}

{# One plain select over one table, and no join: only so does the planner see through the view and find single cells by their key. The few
   corrections are looked up in a hash table, by the submission first: hardly any has one, and a number is found sooner than four columns. #}
{% set corrections -%}
(
    select submission_id, indicator_code, measure, breakdown_code from {{ ref('int_corrections_at_work') }}
)
{%- endset %}

select
    cells.submission_id,
    cells.indicator_code,
    cells.measure,
    cells.breakdown_code,
    cells.role,
    {% for column in ['state', 'value'] %}
    case
        when
            cells.submission_id in (select corrected.submission_id from {{ ref('int_corrections_at_work') }} as corrected)
            and (cells.submission_id, cells.indicator_code, cells.measure, cells.breakdown_code) in {{ corrections }}
            then (
                select corrections.use_{{ column }}
                from {{ ref('int_corrections_at_work') }} as corrections
                where {{ same_figure('corrections', 'cells') }}
            )
        else cells.{{ column }}
    end as {{ column }},
    {% endfor %}
    cells.sheet,
    cells.cell,
    cells.raw
from {{ ref('stg_submissions__cells') }} as cells
