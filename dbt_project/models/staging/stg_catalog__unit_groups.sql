with groups as (
    select * from {{ source('catalog', 'unit_group') }}
    where pack_hash = (select catalog.pack_in_force())
),

hierarchies as (
    select * from {{ source('catalog', 'hierarchy') }}
    where pack_hash = (select catalog.pack_in_force())
),

groups_with_hierarchies as (
    select
        groups.unit_key as group_key,
        groups.hierarchy_code || ':' || groups.group_code as node_code,
        groups.hierarchy_code,
        hierarchies.name_vi as hierarchy_name_vi,
        hierarchies.name_en as hierarchy_name_en,
        groups.group_code,
        groups.name_vi,
        groups.name_en,
        groups.sort_order,
        groups.parent_code,
        groups.path
    from groups
    inner join hierarchies on groups.hierarchy_code = hierarchies.hierarchy_code
)

select * from groups_with_hierarchies
