with units as (
    select * from {{ ref('stg_catalog__units') }}
),

nodes as (
    select * from {{ ref('int_branch_nodes') }}
),

ancestors as (
    select * from {{ open_rows(ref('dim_unit_ancestor')) }}
),

pack as (
    select * from {{ ref('stg_catalog__pack') }}
),

-- a week may reach a few days into the years beside its own
years as (
    select
        years.year,
        make_date(years.year, 1, 1) - 7 as first_day,
        make_date(years.year, 12, 31) + 7 as last_day
    from pack
    cross join lateral generate_series(pack.first_year, pack.last_year) as years (year)
),

-- the unit was not yet what it is today
branches_of_other_versions as (
    select
        nodes.unit_code,
        years.year
    from nodes
    inner join years
        on
            case
                when nodes.valid_to = date '9999-12-31' then nodes.valid_from > years.first_day
                else nodes.valid_from <= years.last_day and nodes.valid_to > years.first_day
            end
),

-- something is below it today that was elsewhere then, or the other way round, or only a part of it
units_in_other_branches as (
    select
        unit_key,
        ancestor_code
    from ancestors
    group by unit_key, ancestor_code
    having count(*) <> 2 or min(weight) <> max(weight)
),

branches_of_other_units as (
    select
        units_in_other_branches.ancestor_code as unit_code,
        years.year
    from units_in_other_branches
    inner join units on units_in_other_branches.unit_key = units.unit_key
    inner join years on units.valid_from <= years.last_day and units.valid_to > years.first_day
),

branches_that_differ as (
    select * from branches_of_other_versions
    union
    select * from branches_of_other_units
),

-- and the year after, which is compared with it
branches_with_the_year_after as (
    select * from branches_that_differ
    union
    select
        branches_that_differ.unit_code,
        branches_that_differ.year + 1 as year
    from branches_that_differ
)

select * from branches_with_the_year_after
