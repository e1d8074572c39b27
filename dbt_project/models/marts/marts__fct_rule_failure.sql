with submissions as (
    select * from {{ published_rows(ref('fct_submission')) }}
),

failures as (
    select * from {{ ref('rule_failure_count') }}
),

failures_of_submissions as (
    select
        submissions.submission_id,
        submissions.unit_key,
        submissions.form_key,
        submissions.period_key,
        submissions.version,
        submissions.status,
        failures.rule_key,
        failures.indicator_key,
        failures.failures_critical,
        failures.failures_warning,
        failures.failures_info,
        failures.failures_waived
    from submissions
    inner join failures
        on
            submissions.submission_id = failures.submission_id
            and submissions.gate_run_id = failures.gate_run_id
)

select * from failures_of_submissions
