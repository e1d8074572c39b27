with figures as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
),

figures_of_the_year_before as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
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

-- a rate target is a percentage of what another indicator has for the same unit and period
figures_with_targets as (
    select
        figures.period_key,
        figures.indicator_key,
        figures.unit_key,
        figures.year,
        figures.value,
        figures.ytd_value,
        figures.reporting_units,
        figures.expected_units,
        figures.is_complete,
        targets.comparison,
        coalesce(targets.target, targets.rate / 100 * bases.ytd_value) as target,
        figures_of_the_year_before.value as same_period_value,
        figures_of_the_year_before.ytd_value as same_period_ytd_value,
        coalesce(
            targets_of_the_year_before.target,
            targets_of_the_year_before.rate / 100 * bases_of_the_year_before.ytd_value
        ) as same_period_target
    from figures
    left join targets
        on
            figures.indicator_key = targets.indicator_key
            and figures.unit_key = targets.unit_key
            and figures.year = targets.year
    left join bases
        on
            figures.period_key = bases.period_key
            and targets.of_indicator_key = bases.indicator_key
            and figures.unit_key = bases.unit_key
    left join figures_of_the_year_before
        on
            figures.same_period_key = figures_of_the_year_before.period_key
            and figures.indicator_key = figures_of_the_year_before.indicator_key
            and figures.same_period_unit_key = figures_of_the_year_before.unit_key
    left join targets_of_the_year_before
        on
            figures.indicator_key = targets_of_the_year_before.indicator_key
            and figures.same_period_unit_key = targets_of_the_year_before.unit_key
            and figures.year - 1 = targets_of_the_year_before.year
    left join bases_of_the_year_before
        on
            figures.same_period_key = bases_of_the_year_before.period_key
            and targets_of_the_year_before.of_indicator_key = bases_of_the_year_before.indicator_key
            and figures.same_period_unit_key = bases_of_the_year_before.unit_key
),

figures_compared as (
    select
        figures_with_targets.unit_key,
        units.unit_code,
        units.level,
        figures_with_targets.indicator_key,
        indicators.indicator_code,
        indicators.kind,
        figures_with_targets.period_key,
        periods.period_code,
        periods.period_type,
        figures_with_targets.year,
        'as_reported' as map,
        figures_with_targets.value,
        figures_with_targets.ytd_value,
        figures_with_targets.target,
        figures_with_targets.comparison,
        100 * figures_with_targets.ytd_value / nullif(figures_with_targets.target, 0) as pct_of_target,
        100 * figures_with_targets.ytd_value / nullif(figures_with_targets.target, 0)
        - 100 * figures_with_targets.same_period_ytd_value / nullif(figures_with_targets.same_period_target, 0)
            as pct_of_target_change,
        figures_with_targets.same_period_value,
        figures_with_targets.same_period_ytd_value,
        figures_with_targets.ytd_value - figures_with_targets.same_period_ytd_value as yoy_abs,
        {{ change_pct('figures_with_targets.ytd_value', 'figures_with_targets.same_period_ytd_value') }} as yoy_pct,
        figures_with_targets.value - figures_with_targets.same_period_value as month_yoy_abs,
        {{ change_pct('figures_with_targets.value', 'figures_with_targets.same_period_value') }} as month_yoy_pct,
        figures_with_targets.reporting_units,
        figures_with_targets.expected_units,
        figures_with_targets.is_complete,
        false as is_estimate
    from figures_with_targets
    inner join units on figures_with_targets.unit_key = units.unit_key
    inner join indicators on figures_with_targets.indicator_key = indicators.indicator_key
    inner join periods on figures_with_targets.period_key = periods.period_key
)

select * from figures_compared
