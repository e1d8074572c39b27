with series as (
    select * from {{ ref('int_comparable_series') }}
),

units as (
    select
        unit_key,
        unit_code
    from {{ ref('dim_unit') }}
    group by unit_key, unit_code
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

reported_types as (
    select period_type
    from {{ ref('dim_form') }}
    group by period_type
),

-- the years that are compared, and those that they are compared with
years_needed as (
    select
        series.indicator_key,
        series.unit_code,
        needed.year
    from series
    cross join lateral (values (series.year), (series.year - 1)) as needed (year)
    group by series.indicator_key, series.unit_code, needed.year
),

keys as (
    select
        periods.period_key,
        years_needed.indicator_key,
        units.unit_key,
        units.unit_code
    from years_needed
    inner join units on years_needed.unit_code = units.unit_code
    inner join periods on years_needed.year = periods.year
    inner join reported_types on periods.period_type = reported_types.period_type
)

select * from keys
