select
    form_code,
    version as form_version,
    indicator_code,
    measure,
    breakdown_code,
    role
from {{ source('catalog', 'form_figure') }}
where pack_hash = (select catalog.pack_in_force())
