select
    indicator_key,
    indicator_code,
    name_vi,
    name_en,
    sort_order,
    programme_code,
    unit_of_measure,
    kind,
    stock_at,
    decimals,
    numerator_code,
    denominator_code,
    factor,
    better,
    suppress_below
from {{ source('catalog', 'indicator') }}
where pack_hash = (select catalog.pack_in_force())
