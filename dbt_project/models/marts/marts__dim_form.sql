with forms as (
    select * from {{ published_rows(ref('dim_form')) }}
)

select
    form_key,
    form_code,
    name_vi,
    name_en,
    period_type
from forms
