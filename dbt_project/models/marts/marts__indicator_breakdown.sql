with figures as (
    select * from {{ published_rows(ref('agg_indicator_breakdown')) }}
),

-- rows that are the same on both maps are stored once; a union of both would be read from end to end
maps as (
    select maps.shown_map
    from (values ('as_reported'), ('today')) as maps (shown_map)
),

figures_of_the_year_before as (
    select * from {{ published_rows(ref('agg_indicator_breakdown')) }}
),

units as (
    select * from {{ published_rows(ref('dim_unit')) }}
),

indicators as (
    select * from {{ published_rows(ref('dim_indicator')) }}
),

periods as (
    select * from {{ published_rows(ref('dim_period')) }}
),

breakdowns as (
    select * from {{ published_rows(ref('dim_breakdown')) }}
),

figures_described as (
    select
        figures.unit_key,
        units.unit_code,
        units.level as unit_level,
        figures.indicator_key,
        indicators.indicator_code,
        indicators.kind,
        figures.period_key,
        periods.period_code,
        periods.period_type,
        figures.year,
        maps.shown_map,
        figures.breakdown_key,
        breakdowns.breakdown_code,
        breakdowns.sex,
        breakdowns.age_group,
        breakdowns.level,
        breakdowns.other,
        {{ shown_of_no_person('figures.value', 'indicators') }} as value,
        {{ shown_of_no_person('figures.ytd_value', 'indicators') }} as ytd_value,
        {{ shown_of_no_person('figures.own_value', 'indicators') }} as own_value,
        {{ shown_of_no_person('figures.own_ytd_value', 'indicators') }} as own_ytd_value,
        figures.is_submitting,
        figures.is_estimate,
        {{ shown_of_no_person('figures_of_the_year_before.value', 'indicators') }} as same_period_value,
        {{ shown_of_no_person('figures_of_the_year_before.ytd_value', 'indicators') }} as same_period_ytd_value,
        figures_of_the_year_before.is_estimate as is_same_period_estimate,
        figures.reporting_units,
        figures.expected_units,
        figures.is_complete,
        figures.ytd_reports,
        figures.ytd_expected_reports,
        {{ hides_persons('indicators') }} as is_suppressed
    from figures
    inner join maps on figures.map in ('both', maps.shown_map)
    inner join periods on figures.period_key = periods.period_key
    inner join indicators on figures.indicator_key = indicators.indicator_key
    inner join units on figures.unit_key = units.unit_key
    inner join breakdowns on figures.breakdown_key = breakdowns.breakdown_key
    left join figures_of_the_year_before
        on
            figures.same_period_key = figures_of_the_year_before.period_key
            and figures.indicator_key = figures_of_the_year_before.indicator_key
            and figures.same_period_unit_key = figures_of_the_year_before.unit_key
            and figures.breakdown_key = figures_of_the_year_before.breakdown_key
            and figures_of_the_year_before.map in ('both', maps.shown_map)
),

figures_compared as (
    select
        unit_key,
        unit_code,
        unit_level,
        indicator_key,
        indicator_code,
        kind,
        period_key,
        period_code,
        period_type,
        year,
        shown_map as map,
        breakdown_key,
        breakdown_code,
        sex,
        age_group,
        level,
        other,
        value,
        ytd_value,
        own_value,
        own_ytd_value,
        is_submitting,
        same_period_value,
        same_period_ytd_value,
        ytd_value - same_period_ytd_value as yoy_abs,
        {{ change_pct('ytd_value', 'same_period_ytd_value') }} as yoy_pct,
        value - same_period_value as month_yoy_abs,
        {{ change_pct('value', 'same_period_value') }} as month_yoy_pct,
        reporting_units,
        expected_units,
        is_complete,
        ytd_reports,
        ytd_expected_reports,
        is_estimate,
        coalesce(is_same_period_estimate, false) as is_same_period_estimate,
        is_suppressed
    from figures_described
)

select * from figures_compared
