select
    form_code,
    version as form_version,
    sheet,
    measure,
    breakdown_code
from {{ source('catalog', 'form_column') }}
where pack_hash = (select catalog.pack_in_force())
