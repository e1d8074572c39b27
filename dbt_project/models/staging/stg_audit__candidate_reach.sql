with reach as (
    select * from {{ source('audit', 'candidate_reach') }}
),

candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

reach_of_the_candidate as (
    select
        what,
        indicator_code,
        unit_code,
        year
    from reach
    where publication = (select candidate.number from candidate)
)

select * from reach_of_the_candidate
