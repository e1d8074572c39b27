with periods as (
    select * from {{ published_rows(ref('dim_period')) }}
)

select
    period_key,
    period_code,
    period_type,
    start_date,
    end_date,
    year,
    same_period_last_year_code
from periods
