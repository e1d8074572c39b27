select
    submission_id,
    receipt_id,
    sha256,
    reading_sha256,
    unit_code,
    form_code,
    form_version,
    period_code,
    version,
    as_of_date,
    received_at,
    first_seen_at,
    source_uri,
    sender,
    pack_hash
from {{ source('staging', 'submission') }}
