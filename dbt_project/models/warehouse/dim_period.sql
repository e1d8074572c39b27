{{ config(unique_key=['period_key']) }}

with pack as (
    select * from {{ ref('stg_catalog__pack') }}
),

years as (
    select years.year
    from pack
    cross join lateral generate_series(pack.first_year, pack.last_year) as years (year)
),

-- type, digit in the key, periods a year, months a period
calendar_types as (
    select *
    from (
        values
        ('month', 1, 12, 1),
        ('quarter', 2, 4, 3),
        ('half', 3, 1, 6),
        ('nine_months', 4, 1, 9),
        ('year', 5, 1, 12)
    ) as types (period_type, type_digit, periods_a_year, months)
),

calendar_periods as (
    select
        years.year,
        calendar_types.period_type,
        calendar_types.type_digit,
        numbers.number,
        make_date(years.year, (numbers.number - 1) * calendar_types.months + 1, 1) as start_date,
        (
            make_date(years.year, (numbers.number - 1) * calendar_types.months + 1, 1)
            + make_interval(months => calendar_types.months)
            - interval '1 day'
        )::date as end_date
    from years
    cross join calendar_types
    cross join lateral generate_series(1, calendar_types.periods_a_year) as numbers (number)
),

-- ISO 8601: 4 January lies in week 1, 28 December in the last week
week_years as (
    select
        year,
        extract(week from make_date(year, 12, 28))::integer as weeks,
        date_trunc('week', make_date(year, 1, 4))::date as first_monday
    from years
),

weeks as (
    select
        week_years.year,
        'week' as period_type,
        6 as type_digit,
        numbers.number,
        week_years.first_monday + 7 * (numbers.number - 1) as start_date,
        week_years.first_monday + 7 * (numbers.number - 1) + 6 as end_date
    from week_years
    cross join lateral generate_series(1, week_years.weeks) as numbers (number)
),

periods as (
    select * from calendar_periods
    union all
    select * from weeks
),

periods_with_last_year as (
    select
        *,
        -- a week 53 has no counterpart in most years
        case
            when period_type = 'week' and number > extract(week from make_date(year - 1, 12, 28)) then null
            else year - 1
        end as last_year
    from periods
),

periods_with_codes as (
    select
        year * 1000 + type_digit * 100 + number as period_key,
        {{ period_code('year', 'period_type', 'number') }} as period_code,
        period_type,
        start_date,
        end_date,
        year,
        {{ period_code('last_year', 'period_type', 'number') }} as same_period_last_year_code
    from periods_with_last_year
)

select * from periods_with_codes
