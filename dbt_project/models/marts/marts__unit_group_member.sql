with members as (
    select * from {{ published_rows(ref('dim_unit_group_member')) }}
),

groups as (
    select * from {{ published_rows(ref('dim_unit_group')) }}
),

units as (
    select * from {{ published_rows(ref('dim_unit')) }}
),

members_described as (
    select
        groups.hierarchy_code,
        members.group_key,
        groups.group_code,
        members.unit_key,
        units.unit_code,
        members.depth,
        units.valid_from,
        units.valid_to
    from members
    inner join groups on members.group_key = groups.group_key
    inner join units on members.unit_key = units.unit_key
)

select * from members_described
