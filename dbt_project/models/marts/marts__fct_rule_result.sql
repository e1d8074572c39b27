with submissions as (
    select * from {{ published_rows(ref('fct_submission')) }}
),

judgements as (
    select * from {{ ref('rule_judgement') }}
),

results as (
    select
        submissions.submission_id,
        submissions.unit_key,
        submissions.form_key,
        submissions.period_key,
        submissions.version,
        submissions.status,
        results.rule_key,
        case
            when results.failures_critical + results.failures_warning + results.failures_info > 0 then 'failed'
            when results.could_judge then 'passed'
            else 'cannot_judge'
        end as outcome,
        results.failures_critical,
        results.failures_warning,
        results.failures_info,
        results.failures_waived
    from submissions
    inner join judgements
        on
            submissions.submission_id = judgements.submission_id
            and submissions.gate_run_id = judgements.gate_run_id
    cross join lateral unnest(
        judgements.rule_keys,
        judgements.could_judge,
        judgements.failures_critical,
        judgements.failures_warning,
        judgements.failures_info,
        judgements.failures_waived
    ) as results (rule_key, could_judge, failures_critical, failures_warning, failures_info, failures_waived)
)

select * from results
