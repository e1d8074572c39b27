with groups as (
    select * from {{ published_rows(ref('dim_unit_group')) }}
)

select
    group_key,
    hierarchy_code,
    hierarchy_name_vi,
    hierarchy_name_en,
    group_code,
    name_vi,
    name_en,
    sort_order,
    level,
    parent_code,
    path
from groups
