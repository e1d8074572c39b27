{{ config(tags=['every_refresh']) }}
-- A report whose unit, form or period the catalog does not know would be left out without a word. (A slot without one is only not owed any
-- more, by a unit that ended before.)
with slots as (
    select * from {{ ref('stg_audit__candidate_slots') }}
),

taken_in as (
    select * from {{ ref('int_slot_touched') }}
),

left_out as (
    select
        slots.unit_code,
        slots.form_code,
        slots.period_code
    from slots
    left join taken_in
        on
            slots.unit_code = taken_in.unit_code
            and slots.form_code = taken_in.form_code
            and slots.period_code = taken_in.period_code
    where slots.submission_id is not null and taken_in.unit_key is null
)

select * from left_out
