with judged as (
    select * from {{ source('audit', 'gate_submission') }}
),

runs as (
    select * from {{ source('audit', 'gate_run') }}
),

submissions_of_the_open_judgement as (
    select
        judged.gate_run_id,
        judged.submission_id,
        runs.started_at
    from judged
    inner join runs on judged.gate_run_id = runs.gate_run_id
    where judged.gate_run_id = (select audit.judgement())
)

select * from submissions_of_the_open_judgement
