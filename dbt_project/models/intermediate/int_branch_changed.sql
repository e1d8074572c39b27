with candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

units_reached as (
    select * from {{ ref('stg_audit__candidate_reach') }}
    where what = 'units'
),

units as (
    select * from {{ rows_now_and_before(ref('dim_unit')) }}
),

ancestors as (
    select * from {{ rows_now_and_before(ref('dim_unit_ancestor')) }}
),

ancestors_changed as (
    ({{ changed_rows(ref('dim_unit_ancestor'), ['map', 'unit_key', 'ancestor_code', 'weight']) }})
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

-- the first publication, and one that builds everything anew, has nothing to be compared with
comparable as (
    select candidate.number
    from candidate
    where
        not candidate.scope_all
        and exists (
            select from ancestors
            where ancestors.from_publication < candidate.number
        )
),

years as (
    select year
    from periods
    group by year
),

-- a unit stands below something else, or something else below it: in the years in which it was there (a week may reach a few days into
-- the years beside its own) and the year after, which is compared with them
branches_with_other_units as (
    select
        ancestors_changed.ancestor_code as unit_code,
        years.year,
        ancestors_changed.map = 'as_reported' as is_of_that_day
    from comparable
    cross join ancestors_changed
    inner join units on ancestors_changed.unit_key = units.unit_key
    inner join years
        on
            units.valid_from <= make_date(years.year, 12, 31) + 7
            and units.valid_to > make_date(years.year - 1, 1, 1) - 7
),

-- a unit begins, ends or goes over into its next version on another day: since then its reports stand for another version
branches_with_other_versions_below as (
    select
        ancestors.ancestor_code as unit_code,
        years.year,
        true as is_of_that_day
    from comparable
    cross join units_reached
    inner join units on units_reached.unit_code = units.unit_code
    inner join ancestors on units.unit_key = ancestors.unit_key
    inner join years on units_reached.year <= years.year
),

-- and on today's map it is shown as another version in every year
branches_of_other_versions as (
    select
        units_reached.unit_code,
        years.year,
        false as is_of_that_day
    from comparable
    cross join units_reached
    cross join years
),

branches_changed as (
    select * from branches_with_other_units
    union all
    select * from branches_with_other_versions_below
    union all
    select * from branches_of_other_versions
),

branches as (
    select
        unit_code,
        year,
        bool_or(is_of_that_day) as is_of_that_day
    from branches_changed
    group by unit_code, year
)

select * from branches
