with touched as (
    select * from {{ ref('int_series_touched') }}
    where is_wanted
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

parts as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

ancestors as (
    select * from {{ open_rows(ref('dim_unit_ancestor')) }}
),

-- a ratio is computed from its numerator and denominator, touched or not
branches_needed as (
    select
        touched.map,
        touched.indicator_key,
        touched.unit_code,
        touched.year
    from touched
    union
    select
        touched.map,
        parts.indicator_key,
        touched.unit_code,
        touched.year
    from touched
    inner join indicators on touched.indicator_key = indicators.indicator_key
    inner join parts on parts.indicator_code in (indicators.numerator_code, indicators.denominator_code)
),

branches_with_the_units_below as (
    select
        branches_needed.map,
        branches_needed.indicator_key,
        branches_needed.year,
        branches_needed.unit_code,
        ancestors.unit_key as reporting_unit_key,
        ancestors.unit_code as reporting_unit_code,
        ancestors.weight
    from branches_needed
    inner join ancestors
        on
            branches_needed.unit_code = ancestors.ancestor_code
            and ancestors.map = case when branches_needed.map = 'today' then 'today' else 'as_reported' end
)

select * from branches_with_the_units_below
