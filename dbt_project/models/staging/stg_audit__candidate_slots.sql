with slots as (
    select * from {{ source('audit', 'candidate_slot') }}
),

candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

slots_of_the_candidate as (
    select
        unit_code,
        form_code,
        period_code,
        submission_id,
        gate_run_id,
        change
    from slots
    where publication = (select candidate.number from candidate)
)

select * from slots_of_the_candidate
