with facts as (
    select * from {{ published_rows(ref('fct_indicator_value')) }}
)

select
    period_key,
    indicator_key,
    unit_key,
    form_key,
    breakdown_key,
    measure,
    role,
    value,
    state,
    submission_id,
    sheet,
    cell,
    correction_code
from facts
