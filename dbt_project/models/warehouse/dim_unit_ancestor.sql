{{ config(unique_key=['map', 'unit_key', 'ancestor_code']) }}

with units as (
    select * from {{ ref('stg_catalog__units') }}
),

places_today as (
    select * from {{ ref('int_unit_places_today') }}
),

groups as (
    select * from {{ ref('stg_catalog__unit_groups') }}
),

group_places as (
    select * from {{ ref('stg_catalog__unit_group_places') }}
),

-- the tree above each version
tree_paths as (
    select
        units.unit_key,
        ancestors.ancestor_code
    from units
    cross join lateral string_to_table(units.path, '/') as ancestors (ancestor_code)
),

-- and its groups in every other hierarchy
group_paths as (
    select
        group_places.unit_key,
        groups.hierarchy_code || ':' || ancestors.group_code as ancestor_code
    from group_places
    inner join groups
        on
            group_places.hierarchy_code = groups.hierarchy_code
            and group_places.group_code = groups.group_code
    cross join lateral string_to_table(groups.path, '/') as ancestors (group_code)
),

paths_of_that_day as (
    select * from tree_paths
    union all
    select * from group_paths
),

-- what closed without a successor stays in the groups that it was in at last: they are none of the unit's above it
paths_today as (
    select
        places_today.unit_key,
        tree_paths.ancestor_code,
        places_today.weight
    from places_today
    inner join tree_paths on places_today.today_unit_key = tree_paths.unit_key
    union all
    select
        places_today.unit_key,
        group_paths.ancestor_code,
        places_today.weight
    from places_today
    inner join group_paths on places_today.last_unit_key = group_paths.unit_key
),

ancestors_of_that_day as (
    select
        'as_reported' as map,
        units.unit_key,
        units.unit_code,
        paths_of_that_day.ancestor_code,
        1::numeric as weight
    from units
    inner join paths_of_that_day on units.unit_key = paths_of_that_day.unit_key
),

-- all parts of a split that lie in one branch are whole there
ancestors_on_todays_map as (
    select
        'today' as map,
        units.unit_key,
        units.unit_code,
        paths_today.ancestor_code,
        trim_scale(sum(paths_today.weight)) as weight
    from units
    inner join paths_today on units.unit_key = paths_today.unit_key
    group by units.unit_key, units.unit_code, paths_today.ancestor_code
),

ancestors_on_both_maps as (
    select * from ancestors_of_that_day
    union all
    select * from ancestors_on_todays_map
)

select * from ancestors_on_both_maps
