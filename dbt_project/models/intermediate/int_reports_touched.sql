with slots as (
    select * from {{ ref('int_slot_touched') }}
),

units as (
    select * from {{ ref('stg_catalog__units') }}
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

branches as (
    select
        slots.period_key,
        above.unit_code
    from slots
    inner join units on slots.unit_key = units.unit_key
    cross join lateral string_to_table(units.path, '/') as above (unit_code)
    group by slots.period_key, above.unit_code
),

branches_of_that_period as (
    select
        branches.period_key,
        years.period_key as year_period_key,
        branches.unit_code,
        units.unit_key
    from branches
    inner join periods on branches.period_key = periods.period_key
    inner join periods as years on periods.year = years.year and years.period_type = 'year'
    inner join units on branches.unit_code = units.unit_code and {{ claims_period('units', 'periods') }}
)

select * from branches_of_that_period
