select
    pack_hash,
    pack_code,
    time_zone,
    root_unit,
    first_year,
    last_year
from {{ source('catalog', 'pack') }}
where pack_hash = (select catalog.pack_in_force())
