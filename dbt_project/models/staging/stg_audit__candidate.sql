select
    number,
    scope_all,
    opened_at
from {{ source('audit', 'publication') }}
where status = 'candidate'
