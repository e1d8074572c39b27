{{ config(materialized='view') }}

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

cells_corrected as (
    select
        cells.submission_id,
        cells.indicator_code,
        cells.measure,
        cells.breakdown_code,
        cells.role,
        {{ corrected('state', 'corrections_in_use', 'cells') }} as state,
        {{ corrected('value', 'corrections_in_use', 'cells') }} as value,
        cells.sheet,
        cells.cell
    from cells
    left join corrections_in_use on {{ corrects('corrections_in_use', 'cells') }}
)

select * from cells_corrected
