select
    form_code,
    version as form_version,
    sheet,
    sort_order,
    row_code,
    label_vi,
    indicator_code,
    role,
    zero_words
from {{ source('catalog', 'form_row') }}
where pack_hash = (select catalog.pack_in_force())
