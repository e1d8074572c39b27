{{ config(
    unique_key=['period_key', 'form_key', 'unit_key'],
    scope={'relation': 'int_slot_touched', 'columns': ['period_key', 'form_key', 'unit_key']},
) }}

with slots as (
    select * from {{ ref('int_slot_touched') }}
),

duties as (
    select * from {{ ref('stg_catalog__duties') }}
),

slots_that_are_owed as (
    select
        slots.period_key,
        slots.form_key,
        slots.unit_key,
        duties.due_at
    from slots
    inner join duties
        on
            slots.form_code = duties.form_code
            and slots.unit_code = duties.unit_code
            and slots.period_code = duties.period_code
)

select * from slots_that_are_owed
