with breakdowns as (
    select * from {{ published_rows(ref('dim_breakdown')) }}
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
