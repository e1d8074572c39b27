with units as (
    select * from {{ ref('stg_catalog__units') }}
),

places_today as (
    select * from {{ ref('int_unit_places_today') }}
),

ancestors_of_that_day as (
    select
        'as_reported' as map,
        units.unit_key,
        units.unit_code,
        ancestors.ancestor_code,
        1::numeric as weight
    from units
    cross join lateral string_to_table(units.path, '/') as ancestors (ancestor_code)
),

-- all parts of a split that lie in one branch are whole there
ancestors_on_todays_map as (
    select
        'today' as map,
        units.unit_key,
        units.unit_code,
        ancestors.ancestor_code,
        trim_scale(sum(places_today.weight)) as weight
    from units
    inner join places_today on units.unit_key = places_today.unit_key
    inner join units as units_today on places_today.today_unit_key = units_today.unit_key
    cross join lateral string_to_table(units_today.path, '/') as ancestors (ancestor_code)
    group by units.unit_key, units.unit_code, ancestors.ancestor_code
),

ancestors_on_both_maps as (
    select * from ancestors_of_that_day
    union all
    select * from ancestors_on_todays_map
)

select * from ancestors_on_both_maps
