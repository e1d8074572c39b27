with units as (
    select * from {{ ref('stg_catalog__units') }}
),

ancestors_from_path as (
    select
        units.unit_key,
        units.unit_code,
        ancestors.ancestor_code
    from units
    cross join lateral string_to_table(units.path, '/') as ancestors (ancestor_code)
)

select * from ancestors_from_path
