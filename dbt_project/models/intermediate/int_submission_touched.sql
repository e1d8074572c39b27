with slots as (
    select * from {{ ref('stg_audit__candidate_slots') }}
),

submissions as (
    select * from {{ ref('stg_submissions__submissions') }}
),

submissions_of_the_slots as (
    select submissions.submission_id
    from slots
    inner join submissions
        on
            slots.unit_code = submissions.unit_code
            and slots.form_code = submissions.form_code
            and slots.period_code = submissions.period_code
)

select * from submissions_of_the_slots
