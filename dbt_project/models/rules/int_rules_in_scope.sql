{# Made anew for every judgement. A scope stands for all reports to which the same rules apply, and those are many: which rules they are is
   found out once for all of them. #}
{{ config(pre_hook=["{{ forget_everything() }}"], post_hook=["analyze {{ this }}"], unlogged=true) }}

with submissions as (
    select * from {{ ref('int_submissions_in_view') }} where gate_run_id is not null
),

rules as (
    select * from {{ ref('stg_catalog__rules') }}
),

-- any report of a scope says what holds for it
scopes as (
    select distinct on (rule_scope) *
    from submissions
    order by rule_scope, submission_id
)

select
    scopes.gate_run_id,
    scopes.rule_scope,
    rules.rule_key,
    rules.rule_code,
    rules.kind,
    coalesce(rules.severity_by_form ->> scopes.form_code, rules.severity) as severity,
    rules.operator,
    rules.constant,
    rules.measures,
    rules.missing,
    rules.tolerance,
    rules.tolerance_pct,
    rules.params
from scopes
inner join rules on {{ in_scope('rules', 'scopes') }}
