select
    rule_code,
    side,
    position,
    indicator_code,
    measure,
    breakdown_code,
    weight
from {{ source('catalog', 'rule_term') }}
where pack_hash = (select catalog.pack_in_force())
