{{ config(materialized='view') }}

{% set kinds = [
    'comparison',
    'parts',
    'ratio',
    'implied_denominator',
    'percent_of_plan',
    'cumulative',
    'same_period',
    'control',
    'identical',
    'outlier',
    'finding',
    'missing_report',
    'correction',
] %}

{% for kind in kinds %}
select * from {{ ref('rule_failure_' ~ kind) }} -- noqa: AM04
{{ 'union all' if not loop.last }}
{% endfor %}
