select
    gate_run_id,
    submission_id,
    correction_code,
    indicator_code,
    measure,
    breakdown_code,
    found_state,
    found_value,
    use_state,
    use_value,
    author
from {{ source('audit', 'judged_correction') }}
