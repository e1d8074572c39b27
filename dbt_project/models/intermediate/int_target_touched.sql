with candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

reach as (
    select * from {{ ref('stg_audit__candidate_reach') }}
    where what = 'targets'
),

branches_changed as (
    select * from {{ ref('int_branch_changed') }}
    where is_of_that_day
),

targets as (
    select * from {{ ref('stg_catalog__targets') }}
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

targets_touched as (
    select
        indicator_code,
        year
    from reach
    union
    select
        indicator_code,
        year
    from targets
    where
        (select candidate.scope_all from candidate)
        -- plans are added up, and rates hold below, on the map of their year
        or year in (select branches_changed.year from branches_changed)
),

targets_touched_with_keys as (
    select
        indicators.indicator_key,
        targets_touched.year
    from targets_touched
    inner join indicators on targets_touched.indicator_code = indicators.indicator_code
)

select * from targets_touched_with_keys
