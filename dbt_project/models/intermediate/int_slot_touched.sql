with slots as (
    select * from {{ ref('stg_audit__candidate_slots') }}
),

units as (
    select * from {{ ref('stg_catalog__units') }}
),

forms as (
    select * from {{ open_rows(ref('dim_form')) }}
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

slots_with_keys as (
    select
        periods.period_key,
        forms.form_key,
        units.unit_key,
        slots.unit_code,
        slots.form_code,
        slots.period_code,
        periods.year,
        slots.submission_id,
        slots.gate_run_id,
        slots.change
    from slots
    inner join periods on slots.period_code = periods.period_code
    inner join forms on slots.form_code = forms.form_code
    inner join units on slots.unit_code = units.unit_code and {{ claims_period('units', 'periods') }}
)

select * from slots_with_keys
