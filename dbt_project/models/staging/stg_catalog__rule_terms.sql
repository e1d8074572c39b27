select
    rule_code,
    side,
    position,
    indicator_code,
    measure,
    weight
from {{ source('catalog', 'rule_term') }}
where pack_hash = (select catalog.pack_in_force())
