with submissions as (
    select * from {{ published_rows(ref('fct_submission')) }}
)

select
    submission_id,
    unit_key,
    form_key,
    period_key,
    version,
    status,
    verdict,
    received_at,
    first_seen_at,
    as_of_date,
    due_at,
    on_time,
    source_uri,
    sender,
    sha256,
    reading_sha256,
    cells_expected,
    cells_filled,
    findings_critical,
    findings_warning,
    findings_info,
    failures_critical,
    failures_warning,
    failures_info,
    gate_run_id
from submissions
