with candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

slots as (
    select * from {{ ref('int_slot_touched') }}
),

reach as (
    select * from {{ ref('stg_audit__candidate_reach') }}
    where what = 'figures'
),

form_figures as (
    select * from {{ ref('stg_catalog__form_figures') }}
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

units as (
    select * from {{ ref('int_branch_nodes') }}
),

ancestors as (
    select * from {{ open_rows(ref('dim_unit_ancestor')) }}
),

branches_apart as (
    select * from {{ ref('int_branch_apart') }}
),

branches_changed as (
    select * from {{ ref('int_branch_changed') }}
),

all_units as (
    select * from {{ rows_now_and_before(ref('dim_unit')) }}
),

all_groups as (
    select * from {{ rows_now_and_before(ref('dim_unit_group')) }}
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

-- by their periods: the first column of the key
facts as (
    select * from {{ open_rows(ref('fct_indicator_value')) }}
    where period_key = any(array(select slots.period_key from slots))
),

facts_closed_by_the_candidate as (
    select * from {{ ref('fct_indicator_value') }}
    where to_publication = (select candidate.number from candidate) and to_publication < {{ open_end() }}
),

facts_of_the_slots as (
    select
        facts.indicator_key,
        facts.unit_key,
        slots.year
    from facts
    inner join slots
        on
            facts.period_key = slots.period_key
            and facts.unit_key = slots.unit_key
            and facts.form_key = slots.form_key
    group by facts.indicator_key, facts.unit_key, slots.year
),

years as (
    select year
    from periods
    group by year
),

-- what a changed catalog reaches beside its slots
series_reached as (
    select
        indicators.indicator_key,
        units.unit_key,
        years.year
    from reach
    inner join indicators on reach.indicator_code = indicators.indicator_code
    inner join units on coalesce(reach.unit_code, units.unit_code) = units.unit_code
    inner join years on coalesce(reach.year, years.year) = years.year
),

-- what the forms ask for (also where nobody reported), what is there now, what was there before
own_series as (
    select
        indicators.indicator_key,
        slots.unit_key,
        slots.year
    from slots
    inner join form_figures on slots.form_code = form_figures.form_code
    inner join indicators on form_figures.indicator_code = indicators.indicator_code
    union
    select
        indicator_key,
        unit_key,
        year
    from facts_of_the_slots
    union
    select
        facts_closed_by_the_candidate.indicator_key,
        facts_closed_by_the_candidate.unit_key,
        periods.year
    from facts_closed_by_the_candidate
    inner join periods on facts_closed_by_the_candidate.period_key = periods.period_key
    union
    select
        indicator_key,
        unit_key,
        year
    from series_reached
),

-- where a branch is the same on both maps, one series stands for both
series_of_the_branches as (
    select
        case when branches_apart.unit_code is null then 'both' else ancestors.map end as map,
        own_series.indicator_key,
        ancestors.ancestor_code as unit_code,
        own_series.year
    from own_series
    inner join ancestors on own_series.unit_key = ancestors.unit_key
    left join branches_apart
        on
            ancestors.ancestor_code = branches_apart.unit_code
            and own_series.year = branches_apart.year
    where branches_apart.unit_code is not null or ancestors.map = 'as_reported'
    group by
        case when branches_apart.unit_code is null then 'both' else ancestors.map end,
        own_series.indicator_key,
        ancestors.ancestor_code,
        own_series.year
),

-- whatever is summed in a branch that has other units than before
series_of_changed_branches as (
    select
        case when branches_apart.unit_code is null then 'both' else maps.map end as map,
        indicators.indicator_key,
        branches_changed.unit_code,
        branches_changed.year
    from branches_changed
    cross join indicators
    cross join (values ('as_reported'), ('today')) as maps (map)
    left join branches_apart
        on
            branches_changed.unit_code = branches_apart.unit_code
            and branches_changed.year = branches_apart.year
    where branches_apart.unit_code is not null or maps.map = 'as_reported'
),

components as (
    select
        indicators.indicator_key as ratio_key,
        parts.indicator_key
    from indicators
    inner join indicators as parts on parts.indicator_code in (indicators.numerator_code, indicators.denominator_code)
),

series_with_ratios as (
    select * from series_of_the_branches
    union
    select * from series_of_changed_branches
    union
    select
        series_of_the_branches.map,
        components.ratio_key as indicator_key,
        series_of_the_branches.unit_code,
        series_of_the_branches.year
    from series_of_the_branches
    inner join components on series_of_the_branches.indicator_key = components.indicator_key
),

-- on the map as reported every version of the unit in that year (a week may reach a few days into the years beside its own); on
-- today's map the unit as it is today
series_by_unit_version as (
    select
        series_with_ratios.map,
        series_with_ratios.indicator_key,
        units.unit_key,
        series_with_ratios.unit_code,
        series_with_ratios.year
    from series_with_ratios
    inner join units
        on
            series_with_ratios.unit_code = units.unit_code
            and case
                when series_with_ratios.map = 'today' then units.valid_to = date '9999-12-31'
                else
                    units.valid_from <= make_date(series_with_ratios.year, 12, 31) + 7
                    and units.valid_to > make_date(series_with_ratios.year, 1, 1) - 7
            end
),

-- a changed branch may have been stored for another map, or another version of its unit: what is not wanted any more is only closed
all_nodes as (
    select
        unit_key,
        unit_code
    from all_units
    union
    select
        group_key as unit_key,
        hierarchy_code || ':' || group_code as unit_code
    from all_groups
),

series_to_close as (
    select
        maps.map,
        indicators.indicator_key,
        all_nodes.unit_key,
        branches_changed.unit_code,
        branches_changed.year
    from branches_changed
    inner join all_nodes on branches_changed.unit_code = all_nodes.unit_code
    cross join indicators
    cross join (values ('as_reported'), ('today'), ('both')) as maps (map)
),

series_wanted_or_to_close as (
    select
        *,
        true as is_wanted
    from series_by_unit_version
    union all
    select
        *,
        false as is_wanted
    from series_to_close
)

select * from series_wanted_or_to_close
