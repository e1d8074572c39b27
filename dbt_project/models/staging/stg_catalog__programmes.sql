select
    programme_code,
    name_vi as programme_name_vi,
    name_en as programme_name_en,
    sort_order
from {{ source('catalog', 'programme') }}
where pack_hash = (select catalog.pack_in_force())
