select
    breakdown_key,
    breakdown_code,
    sex,
    age_group,
    level,
    other,
    name_vi,
    name_en
from {{ source('catalog', 'breakdown') }}
where pack_hash = (select catalog.pack_in_force())
