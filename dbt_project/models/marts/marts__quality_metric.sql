-- Reads its sources itself: a view that a deployment replaces would take this one with it for a moment.
with criteria as (
    select * from {{ published_rows(ref('dim_quality_criterion')) }}
),

units as (
    select * from {{ published_rows(ref('dim_unit')) }}
),

indicators as (
    select * from {{ published_rows(ref('dim_indicator')) }}
),

periods as (
    select
        period_key,
        period_code,
        period_type,
        year,
        start_date,
        end_date
    from {{ published_rows(ref('dim_period')) }}
),

-- what was not due, or not over, when the figures were published is nobody's failure
seen as (
    select coalesce(max(published_at), now()) as at
    from {{ source('audit', 'publication') }}
    where number = (select warehouse.visible_publication())
),

aggregates as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
    where map <> 'today'
),

-- figures of units at every level on the map of their time. What a reader may not see is not measured for that reader
values_of_units as (
    select
        figures.unit_key,
        units.unit_code,
        units.parent_code,
        figures.indicator_key,
        figures.period_key,
        periods.period_code,
        periods.period_type,
        periods.year,
        periods.start_date,
        periods.end_date,
        {{ shown('figures', 'value') }} as value,
        figures.reporting_units,
        figures.expected_units,
        figures.ytd_reports,
        figures.ytd_expected_reports
    from aggregates as figures
    inner join periods on figures.period_key = periods.period_key
    inner join units on figures.unit_key = units.unit_key
),

figures as (
    select
        values_of_units.*,
        indicators.indicator_code,
        indicators.kind
    from values_of_units
    inner join indicators on values_of_units.indicator_key = indicators.indicator_key
),

{{ quality_of_reports() }},

{{ quality_of_series() }},

metrics_of_answers as (
    select
        criteria.profile_code,
        criteria.profile_version,
        figures.period_type,
        criteria.metric,
        criteria.pair_code,
        figures.unit_key,
        figures.unit_code,
        figures.indicator_key,
        figures.indicator_code,
        null::text as other_indicator_code,
        figures.period_key,
        figures.period_code,
        case when figures.end_date < (select seen.at from seen) then 100.0 * answers.given / nullif(answers.expected, 0) end as value,
        null::numeric as score,
        criteria.threshold,
        answers.expected as points,
        criteria.minimum_points
    from figures
    inner join criteria on {{ criterion_holds('criteria', 'figures') }}
    cross join
        lateral (
            values (
                case when figures.period_type = 'year' then figures.ytd_reports else figures.reporting_units end,
                case when figures.period_type = 'year' then figures.ytd_expected_reports else figures.expected_units end
            )
        ) as answers (given, expected)
    where criteria.metric = 'indicator_completeness'
),

{{ quality_of_pairs() }},

metrics as (
    select * from metrics_of_reports
    union all
    select * from metrics_of_report_history
    union all
    select * from metrics_of_series
    union all
    select * from metrics_of_answers
    union all
    select * from metrics_of_pairs
),

metrics_judged as (
    select
        profile_code,
        profile_version,
        period_type,
        metric,
        pair_code,
        unit_key,
        unit_code,
        indicator_key,
        indicator_code,
        other_indicator_code,
        period_key,
        period_code,
        value,
        score,
        threshold,
        points,
        minimum_points,
        case
            when value is null or points < minimum_points then 'cannot_judge'
            when
                case
                    when metric in ('report_completeness', 'timeliness', 'indicator_completeness', 'dropout') then value >= threshold
                    when metric = 'related_at_least' then value >= -threshold
                    when metric in ('extreme_outliers', 'moderate_outliers', 'modified_outliers') then value < threshold
                    else abs(value) <= threshold
                end
                then 'pass'
            else 'fail'
        end as judgement
    from metrics
)

select * from metrics_judged
