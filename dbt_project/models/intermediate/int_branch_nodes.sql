with units as (
    select * from {{ ref('stg_catalog__units') }}
),

groups as (
    select * from {{ ref('stg_catalog__unit_groups') }}
),

-- what a unit below belongs to is dated; a group itself is always there
units_and_groups as (
    select
        unit_key,
        unit_code,
        valid_from,
        valid_to,
        next_valid_from
    from units
    union all
    select
        group_key as unit_key,
        node_code as unit_code,
        date '0001-01-01' as valid_from,
        date '9999-12-31' as valid_to,
        date '9999-12-31' as next_valid_from
    from groups
)

select * from units_and_groups
