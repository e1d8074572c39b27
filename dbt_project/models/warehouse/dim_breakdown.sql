{{ config(unique_key=['breakdown_key']) }}

with breakdowns as (
    select * from {{ ref('stg_catalog__breakdowns') }}
)

select
    breakdown_key,
    breakdown_code,
    sex,
    age_group,
    level,
    other,
    name_vi,
    name_en
from breakdowns
