{# Made anew for every judgement: a dozen models read it, and the planner should know how large it is. #}
{{ config(pre_hook=["{{ forget_everything() }}"], post_hook=["analyze {{ this }}"]) }}

with submissions as (
    select * from {{ ref('int_submissions_in_view') }} where gate_run_id is not null
),

rules as (
    select * from {{ ref('stg_catalog__rules') }}
)

select
    submissions.gate_run_id,
    submissions.submission_id,
    submissions.receipt_id,
    submissions.unit_code,
    submissions.form_code,
    submissions.period_code,
    submissions.start_date,
    submissions.is_first_of_year,
    submissions.previous_period_code,
    submissions.same_period_last_year_code,
    rules.rule_code,
    rules.kind,
    coalesce(rules.severity_by_form ->> submissions.form_code, rules.severity) as severity,
    rules.operator,
    rules.constant,
    rules.measures,
    rules.missing,
    rules.tolerance,
    rules.tolerance_pct,
    rules.params
from submissions
inner join rules on {{ in_scope('rules', 'submissions') }}
