{{ config(unique_key=['form_key']) }}

with forms as (
    select * from {{ ref('stg_catalog__forms') }}
),

latest_versions as (
    select distinct on (form_key)
        form_key,
        form_code,
        name_vi,
        name_en,
        period_type
    from forms
    order by form_key asc, form_version desc
)

select * from latest_versions
