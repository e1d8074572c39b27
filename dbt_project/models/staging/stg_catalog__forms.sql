select
    form_key,
    form_code,
    version as form_version,
    name_vi,
    name_en,
    unit_types,
    period_type,
    valid_from,
    valid_to
from {{ source('catalog', 'form') }}
where pack_hash = (select catalog.pack_in_force())
