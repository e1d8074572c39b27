with verdicts as (
    select * from {{ source('audit', 'verdict') }}
),

last_verdicts as (
    select distinct on (submission_id)
        submission_id,
        verdict,
        gate_run_id,
        failures_critical,
        failures_warning,
        failures_info,
        given_at
    from verdicts
    order by submission_id, verdict_id desc
)

select * from last_verdicts
