{{ config(unique_key=['indicator_key', 'unit_key', 'year']) }}

with targets as (
    select * from {{ ref('stg_catalog__targets') }}
),

units as (
    select * from {{ ref('stg_catalog__units') }}
),

ancestors as (
    select * from {{ ref('int_unit_ancestors') }}
    where map = 'as_reported'
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

years as (
    select year
    from targets
    group by year
),

-- each version of a unit in a year, and the day on which the tree is looked at for it
unit_years as (
    select
        units.unit_key,
        units.unit_code,
        units.level,
        years.year,
        least(units.valid_to - 1, make_date(years.year, 12, 31)) as day
    from units
    inner join years
        on
            units.valid_from <= make_date(years.year, 12, 31)
            and units.valid_to > make_date(years.year, 1, 1)
),

given_targets as (
    select
        targets.indicator_code,
        unit_years.unit_key,
        unit_years.year,
        targets.target,
        targets.comparison,
        targets.rate,
        targets.of_indicator_code,
        false as is_sum,
        1 as precedence
    from targets
    inner join unit_years on targets.unit_code = unit_years.unit_code and targets.year = unit_years.year
),

-- a rate holds for everything below; the nearest one counts
inherited_rates as (
    select distinct on (targets.indicator_code, unit_years.unit_key, unit_years.year)
        targets.indicator_code,
        unit_years.unit_key,
        unit_years.year,
        targets.target,
        targets.comparison,
        targets.rate,
        targets.of_indicator_code,
        false as is_sum,
        2 as precedence
    from targets
    inner join ancestors on targets.unit_code = ancestors.ancestor_code and targets.unit_code <> ancestors.unit_code
    inner join unit_years on ancestors.unit_key = unit_years.unit_key and targets.year = unit_years.year
    inner join units as givers
        on
            targets.unit_code = givers.unit_code
            and givers.valid_from <= unit_years.day
            and givers.valid_to > unit_years.day
    where targets.rate is not null
    order by targets.indicator_code asc, unit_years.unit_key asc, unit_years.year asc, givers.level desc
),

sums_from_below as (
    select
        targets.indicator_code,
        unit_years.unit_key,
        unit_years.year,
        sum(targets.target) as target,
        case when min(targets.comparison) = max(targets.comparison) then min(targets.comparison) end as comparison,
        null::numeric as rate,
        null as of_indicator_code,
        true as is_sum,
        3 as precedence
    from targets
    inner join units as givers on targets.unit_code = givers.unit_code
    inner join ancestors on givers.unit_key = ancestors.unit_key and givers.unit_code <> ancestors.ancestor_code
    inner join unit_years
        on
            ancestors.ancestor_code = unit_years.unit_code
            and targets.year = unit_years.year
            and givers.valid_from <= unit_years.day
            and givers.valid_to > unit_years.day
    where targets.target is not null
    group by targets.indicator_code, unit_years.unit_key, unit_years.year
),

all_targets as (
    select * from given_targets
    union all
    select * from inherited_rates
    union all
    select * from sums_from_below
),

one_target_each as (
    select distinct on (all_targets.indicator_code, all_targets.unit_key, all_targets.year)
        indicators.indicator_key,
        all_targets.unit_key,
        all_targets.year,
        all_targets.target,
        all_targets.comparison,
        all_targets.rate,
        others.indicator_key as of_indicator_key,
        all_targets.is_sum
    from all_targets
    inner join indicators on all_targets.indicator_code = indicators.indicator_code
    left join indicators as others on all_targets.of_indicator_code = others.indicator_code
    order by all_targets.indicator_code, all_targets.unit_key, all_targets.year, all_targets.precedence
)

select * from one_target_each
