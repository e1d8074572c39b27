with periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

reported_periods as (
    select * from periods
),

-- a period is made of itself; a longer one of months or of quarters, whichever its units report
nested_types as (
    select *
    from (
        values
        ('week', 'week'),
        ('month', 'month'),
        ('month', 'quarter'),
        ('month', 'half'),
        ('month', 'nine_months'),
        ('month', 'year'),
        ('quarter', 'quarter'),
        ('quarter', 'half'),
        ('quarter', 'nine_months'),
        ('quarter', 'year'),
        ('half', 'half'),
        ('nine_months', 'nine_months'),
        ('year', 'year')
    ) as types (reported_type, period_type)
),

reported_periods_up_to_the_end_of_each_period as (
    select
        reported_periods.period_key as reported_period_key,
        periods.period_key,
        periods.start_date,
        periods.end_date,
        reported_periods.start_date >= periods.start_date as is_inside,
        reported_periods.start_date = periods.start_date as is_first,
        reported_periods.end_date = periods.end_date as is_last,
        reported_periods.period_key = periods.period_key as is_same
    from reported_periods
    inner join nested_types on reported_periods.period_type = nested_types.reported_type
    inner join periods
        on
            nested_types.period_type = periods.period_type
            and reported_periods.year = periods.year
            and reported_periods.end_date <= periods.end_date
)

select * from reported_periods_up_to_the_end_of_each_period
