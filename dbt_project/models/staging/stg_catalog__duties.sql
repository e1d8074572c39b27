select
    form_code,
    unit_code,
    period_code,
    due_at
from {{ source('catalog', 'duty') }}
where pack_hash = (select catalog.pack_in_force())
