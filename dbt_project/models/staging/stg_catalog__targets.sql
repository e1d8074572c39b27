select
    indicator_code,
    unit_code,
    year,
    comparison,
    target,
    rate,
    of_indicator_code
from {{ source('catalog', 'target') }}
where pack_hash = (select catalog.pack_in_force())
