with candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

slots as (
    select * from {{ ref('int_slot_touched') }}
),

branches_changed as (
    select * from {{ ref('int_branch_changed') }}
    where is_of_that_day
),

units as (
    select * from {{ ref('stg_catalog__units') }}
),

all_units as (
    select * from {{ rows_now_and_before(ref('dim_unit')) }}
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

forms as (
    select * from {{ rows_now_and_before(ref('dim_form')) }}
),

branches_of_the_slots as (
    select
        slots.period_key,
        above.unit_code
    from slots
    inner join units on slots.unit_key = units.unit_key
    cross join lateral string_to_table(units.path, '/') as above (unit_code)
    group by slots.period_key, above.unit_code
),

branches_with_other_units as (
    select
        periods.period_key,
        branches_changed.unit_code
    from branches_changed
    inner join periods on branches_changed.year = periods.year
    where periods.period_type in (select forms.period_type from forms)
),

branches as (
    select * from branches_of_the_slots
    union
    select * from branches_with_other_units
),

branches_of_that_period as (
    select
        branches.period_key,
        years.period_key as year_period_key,
        branches.unit_code,
        units.unit_key,
        true as is_wanted
    from branches
    inner join periods on branches.period_key = periods.period_key
    inner join periods as years on periods.year = years.year and years.period_type = 'year'
    inner join units on branches.unit_code = units.unit_code and {{ claims_period('units', 'periods') }}
),

-- a changed branch may have been counted under another version of its unit, which is only closed
branches_to_close as (
    select
        branches_with_other_units.period_key,
        null::integer as year_period_key,
        branches_with_other_units.unit_code,
        all_units.unit_key,
        false as is_wanted
    from branches_with_other_units
    inner join all_units on branches_with_other_units.unit_code = all_units.unit_code
),

branches_wanted_or_to_close as (
    select * from branches_of_that_period
    union all
    select * from branches_to_close
)

select * from branches_wanted_or_to_close
