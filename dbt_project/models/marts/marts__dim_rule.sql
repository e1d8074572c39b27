with rules as (
    select * from {{ published_rows(ref('dim_rule')) }}
)

select
    rule_key,
    rule_code,
    kind,
    severity,
    programme_code,
    forms,
    text_vi,
    text_en,
    reason_vi,
    reason_en,
    owner,
    valid_from,
    valid_to,
    loaded_at,
    is_current
from rules
