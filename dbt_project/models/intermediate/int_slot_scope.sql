with candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

slots as (
    select * from {{ ref('stg_audit__candidate_slots') }}
),

units as (
    select * from {{ rows_now_and_before(ref('dim_unit')) }}
),

forms as (
    select * from {{ rows_now_and_before(ref('dim_form')) }}
),

periods as (
    select * from {{ rows_now_and_before(ref('dim_period')) }}
),

-- whichever version of its unit a slot stood for
slots_by_unit_version as (
    select
        periods.period_key,
        forms.form_key,
        units.unit_key
    from slots
    inner join periods on slots.period_code = periods.period_code
    inner join forms on slots.form_code = forms.form_code
    inner join units on slots.unit_code = units.unit_code
    group by periods.period_key, forms.form_key, units.unit_key
)

select * from slots_by_unit_version
