with partitions as (
    select * from {{ published_rows(ref('dim_partition')) }}
)

select
    partition_code,
    whole_key,
    part_key,
    parts,
    precedence
from partitions
