with figures as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
),

-- rows that are the same on both maps are stored once; a union of both would be read from end to end
maps as (
    select maps.shown_map
    from (values ('as_reported'), ('today')) as maps (shown_map)
),

figures_of_the_year_before as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
),

comparables as (
    select * from {{ published_rows(ref('agg_comparable_period')) }}
),

bases as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
),

bases_of_the_year_before as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
),

targets as (
    select * from {{ published_rows(ref('fct_target')) }}
),

targets_of_the_year_before as (
    select * from {{ published_rows(ref('fct_target')) }}
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

periods_of_the_year_before as (
    select * from {{ published_rows(ref('dim_period')) }}
),

-- the dimensions first: a filter on a unit, an indicator or a period must be able to come before all else
figures_described as (
    select
        figures.unit_key,
        units.unit_code,
        units.level,
        figures.indicator_key,
        indicators.indicator_code,
        indicators.kind,
        indicators.is_suppressible,
        indicators.factor,
        figures.period_key,
        periods.period_code,
        periods.period_type,
        {{ last_day_of('periods') }} as last_day,
        figures.year,
        maps.shown_map,
        figures.map as stored_map,
        {{ shown('figures', 'value') }} as value,
        {{ shown('figures', 'ytd_value') }} as ytd_value,
        {{ is_hidden('figures', 'hides_value') }} as is_suppressed,
        figures.same_period_key,
        figures.same_period_unit_key,
        figures.reporting_units,
        figures.expected_units,
        figures.is_complete,
        figures.ytd_reports,
        figures.ytd_expected_reports,
        figures.is_estimate
    from figures
    inner join maps on figures.map in ('both', maps.shown_map)
    inner join periods on figures.period_key = periods.period_key
    inner join indicators on figures.indicator_key = indicators.indicator_key
    inner join units on figures.unit_key = units.unit_key
),

-- a rate target is a percentage of what another indicator has for the same unit and period; targets are those of the units of that time,
-- and are not carried to others
figures_with_the_year_before as (
    select
        figures_described.*,
        targets.comparison,
        coalesce(targets.target, targets.rate / 100 * {{ shown('bases', 'ytd_value') }}) as target,
        {{ shown('figures_of_the_year_before', 'value') }} as same_period_value,
        {{ shown('figures_of_the_year_before', 'ytd_value') }} as same_period_ytd_value,
        figures_of_the_year_before.is_estimate as is_same_period_estimate,
        comparables.units as comparable_units,
        case
            when {{ hides_persons('figures_described') }} then null
            when figures_described.factor is null then comparables.value
            else figures_described.factor * comparables.value / nullif(comparables.base, 0)
        end as comparable_value,
        case
            when {{ hides_persons('figures_described') }} then null
            when figures_described.factor is null then comparables.value_before
            else figures_described.factor * comparables.value_before / nullif(comparables.base_before, 0)
        end as comparable_same_period_value,
        coalesce(
            targets_of_the_year_before.target,
            targets_of_the_year_before.rate / 100 * {{ shown('bases_of_the_year_before', 'ytd_value') }}
        ) as same_period_target
    from figures_described
    left join targets
        on
            figures_described.indicator_key = targets.indicator_key
            and figures_described.unit_key = targets.unit_key
            and figures_described.year = targets.year
            and figures_described.last_day >= targets.valid_from
            and figures_described.last_day < targets.valid_to
            and figures_described.stored_map <> 'today'
    left join bases
        on
            figures_described.period_key = bases.period_key
            and targets.of_indicator_key = bases.indicator_key
            and figures_described.unit_key = bases.unit_key
            and figures_described.stored_map = bases.map
    left join figures_of_the_year_before
        on
            figures_described.same_period_key = figures_of_the_year_before.period_key
            and figures_described.indicator_key = figures_of_the_year_before.indicator_key
            and figures_described.same_period_unit_key = figures_of_the_year_before.unit_key
            and figures_of_the_year_before.map in ('both', figures_described.shown_map)
    left join periods_of_the_year_before on figures_described.same_period_key = periods_of_the_year_before.period_key
    left join comparables
        on
            figures_described.period_key = comparables.period_key
            and figures_described.indicator_key = comparables.indicator_key
            and figures_described.unit_key = comparables.unit_key
            and figures_described.shown_map = 'as_reported'
    left join targets_of_the_year_before
        on
            figures_described.indicator_key = targets_of_the_year_before.indicator_key
            and figures_described.same_period_unit_key = targets_of_the_year_before.unit_key
            and periods_of_the_year_before.year = targets_of_the_year_before.year
            and {{ last_day_of('periods_of_the_year_before') }} >= targets_of_the_year_before.valid_from
            and {{ last_day_of('periods_of_the_year_before') }} < targets_of_the_year_before.valid_to
            and figures_described.stored_map <> 'today'
    left join bases_of_the_year_before
        on
            figures_described.same_period_key = bases_of_the_year_before.period_key
            and targets_of_the_year_before.of_indicator_key = bases_of_the_year_before.indicator_key
            and figures_described.same_period_unit_key = bases_of_the_year_before.unit_key
            and bases_of_the_year_before.map in ('both', figures_described.shown_map)
),

figures_compared as (
    select
        unit_key,
        unit_code,
        level,
        indicator_key,
        indicator_code,
        kind,
        period_key,
        period_code,
        period_type,
        year,
        shown_map as map,
        value,
        ytd_value,
        target,
        comparison,
        case comparison when '>=' then ytd_value >= target when '<=' then ytd_value <= target when '=' then ytd_value = target end
            as target_met,
        100 * ytd_value / nullif(target, 0) as pct_of_target,
        100 * ytd_value / nullif(target, 0) - 100 * same_period_ytd_value / nullif(same_period_target, 0)
            as pct_of_target_change,
        same_period_value,
        same_period_ytd_value,
        ytd_value - same_period_ytd_value as yoy_abs,
        {{ change_pct('ytd_value', 'same_period_ytd_value') }} as yoy_pct,
        value - same_period_value as month_yoy_abs,
        {{ change_pct('value', 'same_period_value') }} as month_yoy_pct,
        case when shown_map = 'as_reported' then coalesce(comparable_units, 0) end as comparable_units,
        comparable_value,
        comparable_same_period_value,
        comparable_value - comparable_same_period_value as comparable_yoy_abs,
        {{ change_pct('comparable_value', 'comparable_same_period_value') }} as comparable_yoy_pct,
        reporting_units,
        expected_units,
        is_complete,
        ytd_reports,
        ytd_expected_reports,
        is_estimate,
        coalesce(is_same_period_estimate, false) as is_same_period_estimate,
        is_suppressed
    from figures_with_the_year_before
)

select * from figures_compared
