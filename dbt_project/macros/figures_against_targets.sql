{# CTEs of the marts of totals, up to `figures_against_targets`: each total with what it is of and what was planned. #}
{% macro figures_against_targets() -%}
figures as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
),

-- rows that are the same on both maps are stored once; a union of both would be read from end to end
maps as (
    select maps.shown_map
    from (values ('as_reported'), ('today')) as maps (shown_map)
),

bases as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
),

targets as (
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
figures_with_targets as (
    select
        figures_described.*,
        targets.comparison,
        coalesce(targets.target, targets.rate / 100 * {{ shown('bases', 'ytd_value') }}) as target
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
),

figures_against_targets as (
    select
        figures_with_targets.*,
        case comparison when '>=' then ytd_value >= target when '<=' then ytd_value <= target when '=' then ytd_value = target end
            as target_met,
        100 * ytd_value / nullif(target, 0) as pct_of_target
    from figures_with_targets
)
{%- endmacro %}
