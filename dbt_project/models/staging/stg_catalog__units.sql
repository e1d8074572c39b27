with units as (
    select * from {{ source('catalog', 'unit') }}
    where pack_hash = (select catalog.pack_in_force())
),

units_with_next_version as (
    select
        unit_key,
        unit_code,
        official_code,
        name_vi,
        name_en,
        sort_order,
        level,
        unit_type,
        parent_code,
        path,
        valid_from,
        valid_to,
        successor_code,
        lead(valid_from, 1, date '9999-12-31') over (partition by unit_code order by valid_from) as next_valid_from
    from units
)

select * from units_with_next_version
