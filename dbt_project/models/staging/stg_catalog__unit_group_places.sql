select
    hierarchy_code,
    unit_key,
    group_code
from {{ source('catalog', 'unit_group_place') }}
where pack_hash = (select catalog.pack_in_force())
