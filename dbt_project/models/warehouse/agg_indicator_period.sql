{{ config(
    unique_key=['period_key', 'indicator_key', 'unit_key'],
    scope={
        'relation': 'int_series_touched',
        'columns': ['indicator_key', 'unit_key', 'year'],
        'periods': 'select period_key from warehouse.dim_period where year in (select year from warehouse.int_series_touched)',
    },
) }}

with figures as (
    select * from {{ ref('int_unit_figures') }}
),

needed as (
    select * from {{ ref('int_series_needed') }}
),

touched as (
    select * from {{ ref('int_series_touched') }}
),

ancestors as (
    select * from {{ ref('int_unit_ancestors') }}
),

nesting as (
    select * from {{ ref('int_period_nesting') }}
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

units as (
    select * from {{ ref('stg_catalog__units') }}
),

nesting_by_kind as (
    select
        indicators.indicator_key,
        indicators.kind,
        nesting.reported_period_key,
        nesting.period_key,
        nesting.is_inside,
        -- which reports make the value: all of a flow; of a stock that of the last (or first) month, not the last one found;
        -- a ratio that is only submitted stands for its own period
        case
            when indicators.kind = 'flow' then nesting.is_inside
            when indicators.kind = 'ratio' then nesting.is_same
            when indicators.stock_at = 'start' then nesting.is_first
            else nesting.is_last
        end as is_deciding
    from nesting
    cross join indicators
    where indicators.indicator_key in (select needed.indicator_key from needed)
),

branches_of_units as (
    select
        ancestors.unit_key,
        needed.indicator_key,
        needed.year,
        needed.unit_code as branch_code
    from needed
    inner join ancestors on needed.unit_code = ancestors.ancestor_code
),

branch_sums as (
    select
        figures.indicator_key,
        branches_of_units.branch_code,
        figures.period_key,
        sum(figures.value) as value,
        sum(figures.value) filter (where figures.unit_code = branches_of_units.branch_code) as own_value,
        bool_or(figures.unit_code = branches_of_units.branch_code) as is_submitting
    from figures
    inner join periods on figures.period_key = periods.period_key
    inner join branches_of_units
        on
            figures.unit_key = branches_of_units.unit_key
            and figures.indicator_key = branches_of_units.indicator_key
            and periods.year = branches_of_units.year
    group by figures.indicator_key, branches_of_units.branch_code, figures.period_key
),

branch_values as (
    select
        branch_sums.indicator_key,
        branch_sums.branch_code,
        nesting_by_kind.period_key,
        nesting_by_kind.kind,
        sum(branch_sums.value) filter (where nesting_by_kind.is_deciding) as value,
        sum(branch_sums.value) as sum_since_january,
        sum(branch_sums.own_value) filter (where nesting_by_kind.is_deciding) as own_value,
        sum(branch_sums.own_value) as own_sum_since_january,
        bool_or(branch_sums.is_submitting and nesting_by_kind.is_inside) as is_submitting
    from branch_sums
    inner join nesting_by_kind
        on
            branch_sums.indicator_key = nesting_by_kind.indicator_key
            and branch_sums.period_key = nesting_by_kind.reported_period_key
    group by branch_sums.indicator_key, branch_sums.branch_code, nesting_by_kind.period_key, nesting_by_kind.kind
    having bool_or(nesting_by_kind.is_inside)
),

reports_counted_by_unit as (
    select
        figures.indicator_key,
        figures.unit_key,
        figures.unit_code,
        nesting_by_kind.period_key,
        count(*) as owed,
        count(*) filter (where figures.is_owed_by_now) as owed_by_now,
        count(*) filter (where figures.is_owed_by_now and figures.is_answered) as answered
    from figures
    inner join nesting_by_kind
        on
            figures.indicator_key = nesting_by_kind.indicator_key
            and figures.period_key = nesting_by_kind.reported_period_key
    where figures.is_owed and nesting_by_kind.is_inside and nesting_by_kind.is_deciding
    group by figures.indicator_key, figures.unit_key, figures.unit_code, nesting_by_kind.period_key
),

-- a unit may have two versions in a period: it is one unit still
reports_counted_by_branch_and_unit as (
    select
        reports_counted_by_unit.indicator_key,
        branches_of_units.branch_code,
        reports_counted_by_unit.unit_code,
        reports_counted_by_unit.period_key,
        sum(reports_counted_by_unit.owed) as owed,
        sum(reports_counted_by_unit.owed_by_now) as owed_by_now,
        sum(reports_counted_by_unit.answered) as answered
    from reports_counted_by_unit
    inner join periods on reports_counted_by_unit.period_key = periods.period_key
    inner join branches_of_units
        on
            reports_counted_by_unit.unit_key = branches_of_units.unit_key
            and reports_counted_by_unit.indicator_key = branches_of_units.indicator_key
            and periods.year = branches_of_units.year
    group by
        reports_counted_by_unit.indicator_key,
        branches_of_units.branch_code,
        reports_counted_by_unit.unit_code,
        reports_counted_by_unit.period_key
),

branch_completeness as (
    select
        indicator_key,
        branch_code,
        period_key,
        (count(*) filter (where owed_by_now > 0 and answered = owed_by_now))::integer as reporting_units,
        count(*)::integer as expected_units,
        bool_and(answered = owed) as is_complete
    from reports_counted_by_branch_and_unit
    group by indicator_key, branch_code, period_key
),

summed_figures as (
    select
        branch_values.indicator_key,
        branch_values.branch_code,
        branch_values.period_key,
        case when branch_values.kind = 'ratio' then branch_values.own_value else branch_values.value end as value,
        case branch_values.kind
            when 'flow' then branch_values.sum_since_january
            when 'ratio' then null
            else branch_values.value
        end as ytd_value,
        branch_values.own_value,
        case branch_values.kind
            when 'flow' then branch_values.own_sum_since_january
            when 'ratio' then null
            else branch_values.own_value
        end as own_ytd_value,
        branch_values.is_submitting,
        coalesce(branch_completeness.reporting_units, 0) as reporting_units,
        coalesce(branch_completeness.expected_units, 0) as expected_units,
        coalesce(branch_completeness.is_complete, false) as is_complete
    from branch_values
    left join branch_completeness
        on
            branch_values.indicator_key = branch_completeness.indicator_key
            and branch_values.branch_code = branch_completeness.branch_code
            and branch_values.period_key = branch_completeness.period_key
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

recomputed_ratios as (
    select
        ratios.indicator_key,
        numerators.branch_code,
        numerators.period_key,
        ratios.factor * numerators.value / nullif(denominators.value, 0) as value,
        ratios.factor * numerators.ytd_value / nullif(denominators.ytd_value, 0) as ytd_value,
        ratios.factor * numerators.own_value / nullif(denominators.own_value, 0) as own_value,
        ratios.factor * numerators.own_ytd_value / nullif(denominators.own_ytd_value, 0) as own_ytd_value,
        numerators.is_submitting and denominators.is_submitting as is_submitting,
        -- the counts of whichever of the two is less complete
        case
            when
                numerators.reporting_units * denominators.expected_units
                <= denominators.reporting_units * numerators.expected_units
                then numerators.reporting_units
            else denominators.reporting_units
        end as reporting_units,
        case
            when
                numerators.reporting_units * denominators.expected_units
                <= denominators.reporting_units * numerators.expected_units
                then numerators.expected_units
            else denominators.expected_units
        end as expected_units,
        numerators.is_complete and denominators.is_complete as is_complete
    from ratios
    inner join summed_figures as numerators on ratios.numerator_key = numerators.indicator_key
    inner join summed_figures as denominators
        on
            ratios.denominator_key = denominators.indicator_key
            and numerators.branch_code = denominators.branch_code
            and numerators.period_key = denominators.period_key
),

all_figures as (
    select * from summed_figures
    where indicator_key not in (select ratios.indicator_key from ratios)
    union all
    select * from recomputed_ratios
),

touched_figures as (
    select
        all_figures.period_key,
        all_figures.indicator_key,
        units.unit_key,
        periods.year,
        all_figures.value,
        all_figures.ytd_value,
        all_figures.own_value,
        all_figures.own_ytd_value,
        all_figures.is_submitting,
        all_figures.reporting_units,
        all_figures.expected_units,
        all_figures.is_complete,
        all_figures.branch_code,
        periods.same_period_last_year_code
    from all_figures
    inner join periods on all_figures.period_key = periods.period_key
    inner join units on all_figures.branch_code = units.unit_code and {{ claims_period('units', 'periods') }}
    inner join touched
        on
            all_figures.indicator_key = touched.indicator_key
            and units.unit_key = touched.unit_key
            and periods.year = touched.year
),

figures_with_the_year_before as (
    select
        touched_figures.period_key,
        touched_figures.indicator_key,
        touched_figures.unit_key,
        touched_figures.year,
        touched_figures.value,
        touched_figures.ytd_value,
        touched_figures.own_value,
        touched_figures.own_ytd_value,
        touched_figures.is_submitting,
        touched_figures.reporting_units,
        touched_figures.expected_units,
        touched_figures.is_complete,
        last_year.period_key as same_period_key,
        units.unit_key as same_period_unit_key
    from touched_figures
    left join periods as last_year on touched_figures.same_period_last_year_code = last_year.period_code
    left join units on touched_figures.branch_code = units.unit_code and {{ claims_period('units', 'last_year') }}
)

select * from figures_with_the_year_before
