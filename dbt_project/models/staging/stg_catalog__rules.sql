select
    rule_code,
    kind,
    severity,
    severity_by_form,
    forms,
    operator,
    constant,
    measures,
    missing,
    tolerance,
    tolerance_pct,
    params,
    text_vi,
    text_en,
    reason,
    owner,
    valid_from,
    valid_to
from {{ source('catalog', 'rule') }}
where pack_hash = (select catalog.pack_in_force())
