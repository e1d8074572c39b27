with indicators as (
    select * from {{ published_rows(ref('dim_indicator')) }}
)

select
    indicator_key,
    indicator_code,
    name_vi,
    name_en,
    sort_order,
    programme_code,
    programme_name_vi,
    programme_name_en,
    unit_of_measure,
    kind,
    stock_at,
    decimals,
    numerator_code,
    denominator_code,
    factor,
    better,
    suppress_below,
    is_suppressible
from indicators
