select
    submission_id,
    indicator_code,
    measure,
    breakdown_code,
    role,
    state,
    value,
    raw,
    flags,
    sheet,
    cell
from {{ source('staging', 'cell') }}
