select
    verdict_id,
    submission_id,
    verdict,
    failures_critical,
    failures_warning,
    failures_info,
    given_at
from {{ source('audit', 'verdict') }}
