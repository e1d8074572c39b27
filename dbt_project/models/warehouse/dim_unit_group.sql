{{ config(unique_key=['group_key']) }}

with groups as (
    select * from {{ ref('stg_catalog__unit_groups') }}
),

groups_with_levels as (
    select
        group_key,
        hierarchy_code,
        hierarchy_name_vi,
        hierarchy_name_en,
        group_code,
        name_vi,
        name_en,
        sort_order,
        cardinality(string_to_array(path, '/')) as level,
        parent_code,
        path
    from groups
)

select * from groups_with_levels
