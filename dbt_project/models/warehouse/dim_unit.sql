{{ config(unique_key=['unit_key'], lookup=['unit_code']) }}

with units as (
    select * from {{ ref('stg_catalog__units') }}
),

units_marked_as_current as (
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
        valid_to = date '9999-12-31' as is_current
    from units
)

select * from units_marked_as_current
