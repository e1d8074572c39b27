-- depends_on: {{ ref('int_slot_scope') }}
{{ config(
    unique_key=['period_key', 'form_key', 'unit_key'],
    scope={'relation': 'int_slot_scope', 'columns': ['period_key', 'form_key', 'unit_key']},
) }}

with slots as (
    select * from {{ ref('int_slot_touched') }}
),

duties as (
    select * from {{ ref('stg_catalog__duties') }}
),

submissions as (
    select * from {{ open_rows(ref('fct_submission')) }}
    where status <> 'withdrawn'
),

first_versions as (
    select
        submissions.period_key,
        submissions.form_key,
        submissions.unit_key,
        min(submissions.received_at) as received_at
    from slots
    inner join submissions
        on
            slots.period_key = submissions.period_key
            and slots.form_key = submissions.form_key
            and slots.unit_key = submissions.unit_key
    group by submissions.period_key, submissions.form_key, submissions.unit_key
),

slots_that_are_owed as (
    select
        slots.period_key,
        slots.form_key,
        slots.unit_key,
        duties.due_at,
        first_versions.received_at as first_received_at
    from slots
    inner join duties
        on
            slots.form_code = duties.form_code
            and slots.unit_code = duties.unit_code
            and slots.period_code = duties.period_code
    left join first_versions
        on
            slots.period_key = first_versions.period_key
            and slots.form_key = first_versions.form_key
            and slots.unit_key = first_versions.unit_key
)

select * from slots_that_are_owed
