select
    finding_id,
    receipt_id,
    submission_id,
    code as finding_code,
    severity,
    sheet,
    cell,
    indicator_code,
    found as found_text,
    expected as expected_text,
    text_vi,
    text_en
from {{ source('staging', 'finding') }}
