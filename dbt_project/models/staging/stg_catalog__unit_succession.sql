select
    old_code,
    new_code,
    changed_on,
    extent,
    coalesce(weight, 1) as weight,
    basis
from {{ source('catalog', 'unit_succession') }}
where pack_hash = (select catalog.pack_in_force())
