select
    verdict_id,
    submission_id,
    verdict,
    gate_run_id,
    failures_critical,
    failures_warning,
    failures_info,
    given_at
from {{ source('audit', 'verdict') }}
