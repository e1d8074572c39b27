select
    partition_code,
    whole_code,
    part_code,
    position
from {{ source('catalog', 'breakdown_part') }}
where pack_hash = (select catalog.pack_in_force())
