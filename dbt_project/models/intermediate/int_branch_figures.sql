{#
    All that is joined here is of the candidate's scope or a dimension. The planner knows nothing of how many rows a CTE has, and would
    go through one of them for every row of another.
#}
{{ config(pre_hook=["select set_config('enable_nestloop', 'off', true)"]) }}

with sums as (
    select * from {{ ref('int_branch_sums') }}
),

completeness as (
    select * from {{ ref('int_branch_completeness') }}
),

touched as (
    select * from {{ ref('int_series_touched') }}
    where is_wanted
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

units as (
    select * from {{ ref('int_branch_nodes') }}
),

ratios as (
    select
        indicators.indicator_key,
        numerators.indicator_key as numerator_key,
        denominators.indicator_key as denominator_key,
        indicators.factor
    from indicators
    inner join indicators as numerators on indicators.numerator_code = numerators.indicator_code
    inner join indicators as denominators on indicators.denominator_code = denominators.indicator_code
),

summed_figures as (
    select
        sums.*,
        coalesce(completeness.reporting_units, 0) as reporting_units,
        coalesce(completeness.expected_units, 0) as expected_units,
        coalesce(completeness.is_complete, false) as is_complete,
        coalesce(completeness.ytd_reports, 0) as ytd_reports,
        coalesce(completeness.ytd_expected_reports, 0) as ytd_expected_reports
    from sums
    left join completeness
        on
            sums.map = completeness.map
            and sums.indicator_key = completeness.indicator_key
            and sums.unit_code = completeness.unit_code
            and sums.breakdown_key = completeness.breakdown_key
            and sums.period_key = completeness.period_key
),

recomputed_ratios as (
    select
        numerators.map,
        ratios.indicator_key,
        numerators.unit_code,
        numerators.breakdown_key,
        numerators.period_key,
        numerators.is_submitting and denominators.is_submitting as is_submitting,
        numerators.is_estimate or denominators.is_estimate as is_estimate,
        ratios.factor * numerators.own_value / nullif(denominators.own_value, 0) as own_value,
        ratios.factor * numerators.value / nullif(denominators.value, 0) as value,
        ratios.factor * numerators.ytd_value / nullif(denominators.ytd_value, 0) as ytd_value,
        ratios.factor * numerators.own_ytd_value / nullif(denominators.own_ytd_value, 0) as own_ytd_value,
        -- the counts of whichever of the two is less complete; what nobody owes is so most of all
        case
            when numerators.expected_units = 0 then array[0, 0]
            when denominators.expected_units = 0 then array[0, 0]
            when
                numerators.reporting_units * denominators.expected_units
                <= denominators.reporting_units * numerators.expected_units
                then array[numerators.reporting_units, numerators.expected_units]
            else array[denominators.reporting_units, denominators.expected_units]
        end as counts,
        case
            when numerators.ytd_expected_reports = 0 then array[0, 0]
            when denominators.ytd_expected_reports = 0 then array[0, 0]
            when
                numerators.ytd_reports * denominators.ytd_expected_reports
                <= denominators.ytd_reports * numerators.ytd_expected_reports
                then array[numerators.ytd_reports, numerators.ytd_expected_reports]
            else array[denominators.ytd_reports, denominators.ytd_expected_reports]
        end as ytd_counts,
        numerators.is_complete and denominators.is_complete as is_complete
    from ratios
    inner join summed_figures as numerators on ratios.numerator_key = numerators.indicator_key
    inner join summed_figures as denominators
        on
            ratios.denominator_key = denominators.indicator_key
            and numerators.map = denominators.map
            and numerators.unit_code = denominators.unit_code
            and numerators.breakdown_key = denominators.breakdown_key
            and numerators.period_key = denominators.period_key
),

all_figures as (
    select
        map,
        indicator_key,
        unit_code,
        breakdown_key,
        period_key,
        is_submitting,
        is_estimate,
        own_value,
        value,
        ytd_value,
        own_ytd_value,
        reporting_units,
        expected_units,
        is_complete,
        ytd_reports,
        ytd_expected_reports
    from summed_figures
    where indicator_key not in (select ratios.indicator_key from ratios)
    union all
    select
        map,
        indicator_key,
        unit_code,
        breakdown_key,
        period_key,
        is_submitting,
        is_estimate,
        own_value,
        value,
        ytd_value,
        own_ytd_value,
        counts[1] as reporting_units,
        counts[2] as expected_units,
        is_complete,
        ytd_counts[1] as ytd_reports,
        ytd_counts[2] as ytd_expected_reports
    from recomputed_ratios
),

-- the version of each unit that stands for it in a period, and the one that stood a year before
unit_periods_as_reported as (
    select
        false as is_today,
        units.unit_code,
        units.unit_key,
        periods.period_key,
        periods.year,
        last_year.period_key as same_period_key,
        units_last_year.unit_key as same_period_unit_key
    from periods
    inner join units on {{ claims_period('units', 'periods') }}
    left join periods as last_year on periods.same_period_last_year_code = last_year.period_code
    left join units as units_last_year
        on
            units.unit_code = units_last_year.unit_code
            and {{ claims_period('units_last_year', 'last_year') }}
    where periods.year in (select touched.year from touched)
),

-- today's map knows each unit as it is today, whatever the period
unit_periods_today as (
    select
        true as is_today,
        units.unit_code,
        units.unit_key,
        periods.period_key,
        periods.year,
        last_year.period_key as same_period_key,
        units.unit_key as same_period_unit_key
    from periods
    inner join units on units.valid_to = date '9999-12-31'
    left join periods as last_year on periods.same_period_last_year_code = last_year.period_code
    where periods.year in (select touched.year from touched where touched.map = 'today')
),

unit_periods as (
    select * from unit_periods_as_reported
    union all
    select * from unit_periods_today
),

-- figures meet these by four columns; by the first two alone they would meet every unit's
touched_unit_periods as materialized (
    select
        touched.map,
        touched.indicator_key,
        unit_periods.unit_code,
        unit_periods.unit_key,
        unit_periods.period_key,
        unit_periods.year,
        unit_periods.same_period_key,
        unit_periods.same_period_unit_key
    from touched
    inner join unit_periods
        on
            touched.unit_key = unit_periods.unit_key
            and touched.year = unit_periods.year
            and (touched.map = 'today') = unit_periods.is_today
),

touched_figures as (
    select
        all_figures.period_key,
        all_figures.indicator_key,
        touched_unit_periods.unit_key,
        all_figures.map,
        all_figures.breakdown_key,
        touched_unit_periods.year,
        all_figures.value,
        all_figures.ytd_value,
        all_figures.own_value,
        all_figures.own_ytd_value,
        all_figures.is_submitting,
        all_figures.is_estimate,
        all_figures.reporting_units,
        all_figures.expected_units,
        all_figures.is_complete,
        all_figures.ytd_reports,
        all_figures.ytd_expected_reports,
        touched_unit_periods.same_period_key,
        touched_unit_periods.same_period_unit_key
    from all_figures
    inner join touched_unit_periods
        on
            all_figures.map = touched_unit_periods.map
            and all_figures.indicator_key = touched_unit_periods.indicator_key
            and all_figures.unit_code = touched_unit_periods.unit_code
            and all_figures.period_key = touched_unit_periods.period_key
)

select * from touched_figures
