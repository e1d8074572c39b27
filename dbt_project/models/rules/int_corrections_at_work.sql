{# Made anew for every judgement: every look at a cell asks whether it is corrected, and only a table answers that at once. #}
{{ config(pre_hook=["{{ forget_everything() }}"], post_hook=["analyze {{ this }}"], unlogged=true) }}

with cells as (
    select * from {{ ref('stg_submissions__cells') }}
),

corrections as (
    select * from {{ ref('stg_audit__judged_corrections') }}
),

judged as (
    select * from {{ ref('stg_audit__judged_submissions') }}
),

verdicts as (
    select * from {{ ref('stg_audit__verdict_history') }}
),

-- those of the open judgement, else of the one that gave the last verdict
corrections_in_use as (
    select corrections.*
    from corrections
    where
        corrections.gate_run_id = coalesce(
            (
                select judged.gate_run_id
                from judged
                where judged.submission_id = corrections.submission_id
            ),
            (
                select verdicts.gate_run_id
                from verdicts
                where verdicts.submission_id = corrections.submission_id and verdicts.gate_run_id is not null
                order by verdicts.verdict_id desc
                limit 1
            )
        )
),

corrections_that_match as (
    select
        corrections_in_use.gate_run_id,
        corrections_in_use.submission_id,
        corrections_in_use.indicator_code,
        corrections_in_use.measure,
        corrections_in_use.breakdown_code,
        corrections_in_use.use_state,
        corrections_in_use.use_value
    from corrections_in_use
    inner join cells on {{ corrects('corrections_in_use', 'cells') }}
)

select * from corrections_that_match
