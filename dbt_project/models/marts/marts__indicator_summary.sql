with {{ figures_against_targets() }},

figures_of_the_year_before as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
),

comparables as (
    select * from {{ published_rows(ref('agg_comparable_period')) }}
),

bases_of_the_year_before as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
),

targets_of_the_year_before as (
    select * from {{ published_rows(ref('fct_target')) }}
),

periods_of_the_year_before as (
    select * from {{ published_rows(ref('dim_period')) }}
),

figures_with_the_year_before as (
    select
        figures_against_targets.*,
        {{ shown('figures_of_the_year_before', 'value') }} as same_period_value,
        {{ shown('figures_of_the_year_before', 'ytd_value') }} as same_period_ytd_value,
        figures_of_the_year_before.is_estimate as is_same_period_estimate,
        comparables.units as comparable_units,
        case
            when {{ hides_persons('figures_against_targets') }} then null
            when figures_against_targets.factor is null then comparables.value
            else figures_against_targets.factor * comparables.value / nullif(comparables.base, 0)
        end as comparable_value,
        case
            when {{ hides_persons('figures_against_targets') }} then null
            when figures_against_targets.factor is null then comparables.value_before
            else figures_against_targets.factor * comparables.value_before / nullif(comparables.base_before, 0)
        end as comparable_same_period_value,
        coalesce(
            targets_of_the_year_before.target,
            targets_of_the_year_before.rate / 100 * {{ shown('bases_of_the_year_before', 'ytd_value') }}
        ) as same_period_target
    from figures_against_targets
    left join figures_of_the_year_before
        on
            figures_against_targets.same_period_key = figures_of_the_year_before.period_key
            and figures_against_targets.indicator_key = figures_of_the_year_before.indicator_key
            and figures_against_targets.same_period_unit_key = figures_of_the_year_before.unit_key
            and figures_of_the_year_before.map in ('both', figures_against_targets.shown_map)
    left join periods_of_the_year_before on figures_against_targets.same_period_key = periods_of_the_year_before.period_key
    left join comparables
        on
            figures_against_targets.period_key = comparables.period_key
            and figures_against_targets.indicator_key = comparables.indicator_key
            and figures_against_targets.unit_key = comparables.unit_key
            and figures_against_targets.shown_map = 'as_reported'
    left join targets_of_the_year_before
        on
            figures_against_targets.indicator_key = targets_of_the_year_before.indicator_key
            and figures_against_targets.same_period_unit_key = targets_of_the_year_before.unit_key
            and periods_of_the_year_before.year = targets_of_the_year_before.year
            and {{ last_day_of('periods_of_the_year_before') }} >= targets_of_the_year_before.valid_from
            and {{ last_day_of('periods_of_the_year_before') }} < targets_of_the_year_before.valid_to
            and figures_against_targets.stored_map <> 'today'
    left join bases_of_the_year_before
        on
            figures_against_targets.same_period_key = bases_of_the_year_before.period_key
            and targets_of_the_year_before.of_indicator_key = bases_of_the_year_before.indicator_key
            and figures_against_targets.same_period_unit_key = bases_of_the_year_before.unit_key
            and bases_of_the_year_before.map in ('both', figures_against_targets.shown_map)
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
        target_met,
        pct_of_target,
        pct_of_target - 100 * same_period_ytd_value / nullif(same_period_target, 0) as pct_of_target_change,
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
