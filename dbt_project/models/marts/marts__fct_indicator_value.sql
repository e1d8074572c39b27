with facts as (
    select * from {{ published_rows(ref('fct_indicator_value')) }}
),

indicators as (
    select * from {{ published_rows(ref('dim_indicator')) }}
)

select
    facts.period_key,
    facts.indicator_key,
    facts.unit_key,
    facts.form_key,
    facts.breakdown_key,
    facts.measure,
    facts.role,
    {{ shown_of_no_person('facts.value', 'indicators') }} as value,
    case when {{ hides_persons('indicators') }} then 'suppressed' else facts.state end as state,
    facts.submission_id,
    facts.sheet,
    facts.cell,
    facts.correction_code
from facts
inner join indicators on facts.indicator_key = indicators.indicator_key
