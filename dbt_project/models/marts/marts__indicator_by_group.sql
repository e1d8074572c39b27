with figures as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
),

-- rows that are the same on both maps are stored once
maps as (
    select maps.shown_map
    from (values ('as_reported'), ('today')) as maps (shown_map)
),

figures_of_the_year_before as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
),

groups as (
    select * from {{ published_rows(ref('dim_unit_group')) }}
),

indicators as (
    select * from {{ published_rows(ref('dim_indicator')) }}
),

periods as (
    select * from {{ published_rows(ref('dim_period')) }}
),

-- from readers who publish, sums over groups are hidden altogether where small counts are: with those of the tree they would tell more
figures_described as (
    select
        groups.hierarchy_code,
        groups.group_key,
        groups.group_code,
        groups.level,
        figures.indicator_key,
        indicators.indicator_code,
        indicators.kind,
        figures.period_key,
        periods.period_code,
        periods.period_type,
        figures.year,
        maps.shown_map as map,
        {{ shown_of_no_person('figures.value', 'indicators') }} as value,
        {{ shown_of_no_person('figures.ytd_value', 'indicators') }} as ytd_value,
        {{ shown_of_no_person('figures_of_the_year_before.value', 'indicators') }} as same_period_value,
        {{ shown_of_no_person('figures_of_the_year_before.ytd_value', 'indicators') }} as same_period_ytd_value,
        figures.reporting_units,
        figures.expected_units,
        figures.is_complete,
        figures.ytd_reports,
        figures.ytd_expected_reports,
        figures.is_estimate,
        coalesce(figures_of_the_year_before.is_estimate, false) as is_same_period_estimate,
        {{ hides_persons('indicators') }} as is_suppressed
    from figures
    inner join maps on figures.map in ('both', maps.shown_map)
    inner join periods on figures.period_key = periods.period_key
    inner join indicators on figures.indicator_key = indicators.indicator_key
    inner join groups on figures.unit_key = groups.group_key
    left join figures_of_the_year_before
        on
            figures.same_period_key = figures_of_the_year_before.period_key
            and figures.indicator_key = figures_of_the_year_before.indicator_key
            and figures.same_period_unit_key = figures_of_the_year_before.unit_key
            and figures_of_the_year_before.map in ('both', maps.shown_map)
),

figures_compared as (
    select
        hierarchy_code,
        group_key,
        group_code,
        level,
        indicator_key,
        indicator_code,
        kind,
        period_key,
        period_code,
        period_type,
        year,
        map,
        value,
        ytd_value,
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
        is_same_period_estimate,
        is_suppressed
    from figures_described
)

select * from figures_compared
