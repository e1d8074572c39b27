with units as (
    select * from {{ published_rows(ref('dim_unit')) }}
)

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
    is_current
from units
