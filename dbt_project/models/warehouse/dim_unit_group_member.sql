{{ config(unique_key=['group_key', 'unit_key']) }}

with places as (
    select * from {{ ref('stg_catalog__unit_group_places') }}
),

groups as (
    select * from {{ ref('stg_catalog__unit_groups') }}
),

groups_above as (
    select * from {{ ref('stg_catalog__unit_groups') }}
),

members_of_each_group_above as (
    select
        groups_above.group_key,
        places.unit_key,
        cardinality(string_to_array(groups.path, '/')) - cardinality(string_to_array(groups_above.path, '/')) as depth
    from places
    inner join groups
        on
            places.hierarchy_code = groups.hierarchy_code
            and places.group_code = groups.group_code
    inner join groups_above
        on
            groups.hierarchy_code = groups_above.hierarchy_code
            and groups_above.group_code = any(string_to_array(groups.path, '/'))
)

select * from members_of_each_group_above
