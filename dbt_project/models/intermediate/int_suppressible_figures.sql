with touched as (
    select * from {{ ref('int_series_touched') }}
),

figures as (
    select * from {{ open_rows(ref('agg_indicator_period')) }}
    where map <> 'today'
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

parts as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

units as (
    select * from {{ open_rows(ref('dim_unit')) }}
),

-- a ratio is hidden with its parts
series_needed as (
    select
        parts.indicator_key,
        touched.year
    from touched
    inner join indicators on touched.indicator_key = indicators.indicator_key
    inner join parts
        on
            parts.indicator_code = indicators.indicator_code
            or parts.indicator_code in (indicators.numerator_code, indicators.denominator_code)
    where parts.suppress_below is not null
    group by parts.indicator_key, touched.year
),

figures_described as (
    select
        figures.indicator_key,
        figures.year,
        figures.period_key,
        periods.period_type = 'week' as is_week,
        periods.start_date,
        periods.end_date,
        indicators.stock_at,
        figures.unit_key,
        figures.map,
        units.unit_code,
        units.parent_code,
        cardinality(string_to_array(units.path, '/')) as depth,
        indicators.kind = 'flow' as is_flow,
        indicators.suppress_below,
        figures.value,
        figures.own_value,
        case when indicators.kind = 'flow' then figures.ytd_value else figures.value end as amount,
        case when indicators.kind = 'flow' then figures.own_ytd_value else figures.own_value end as own_amount,
        figures.is_submitting
    from series_needed
    inner join indicators on series_needed.indicator_key = indicators.indicator_key
    inner join periods on series_needed.year = periods.year
    inner join figures on periods.period_key = figures.period_key and series_needed.indicator_key = figures.indicator_key
    inner join units on figures.unit_key = units.unit_key
),

shortest_periods as (
    select
        indicator_key,
        year,
        is_week,
        min(end_date - start_date) as days
    from figures_described
    group by indicator_key, year, is_week
),

reported_days as (
    select
        figures_described.indicator_key,
        figures_described.year,
        figures_described.is_week,
        figures_described.end_date
    from figures_described
    inner join shortest_periods
        on
            figures_described.indicator_key = shortest_periods.indicator_key
            and figures_described.year = shortest_periods.year
            and figures_described.is_week = shortest_periods.is_week
    where figures_described.end_date - figures_described.start_date < 2 * shortest_periods.days
    group by figures_described.indicator_key, figures_described.year, figures_described.is_week, figures_described.end_date
),

periods_described as (
    select
        indicator_key,
        year,
        is_week,
        period_key,
        start_date,
        end_date
    from figures_described
    group by indicator_key, year, is_week, period_key, start_date, end_date
),

-- a cumulative amount is that of the last day reported: of a year that is not over, the same as of its last month
known_days as (
    select
        periods_described.indicator_key,
        periods_described.period_key,
        max(reported_days.end_date) as point,
        max(reported_days.end_date) filter (where reported_days.end_date < periods_described.start_date) as start_point
    from periods_described
    inner join reported_days
        on
            periods_described.indicator_key = reported_days.indicator_key
            and periods_described.year = reported_days.year
            and periods_described.is_week = reported_days.is_week
            and periods_described.end_date >= reported_days.end_date
    group by periods_described.indicator_key, periods_described.period_key
),

branches as (
    select
        indicator_key,
        period_key,
        parent_code
    from figures_described
    group by indicator_key, period_key, parent_code
),

figures_with_branches as (
    select
        figures_described.*,
        case
            when figures_described.is_flow then known_days.point
            when figures_described.stock_at = 'start' then figures_described.start_date
            else figures_described.end_date
        end as point,
        case when figures_described.is_flow then known_days.start_point end as start_point,
        branches.parent_code is not null as is_branch
    from figures_described
    left join known_days
        on
            figures_described.indicator_key = known_days.indicator_key
            and figures_described.period_key = known_days.period_key
    left join branches
        on
            figures_described.indicator_key = branches.indicator_key
            and figures_described.period_key = branches.period_key
            and figures_described.unit_code = branches.parent_code
)

select * from figures_with_branches
