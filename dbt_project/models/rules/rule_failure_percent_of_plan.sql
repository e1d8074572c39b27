with rules as (
    select * from {{ ref('int_rules_applied') }} where kind = 'percent_of_plan'
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }}
),

indicators as (
    select * from {{ ref('stg_catalog__indicators') }}
),

percentages as (
    select
        rules.*,
        printed.indicator_code,
        printed.measure,
        printed.sheet,
        printed.cell,
        printed.value as found,
        100 * done.value / plan.value as expected,
        done.value as done,
        plan.value as plan,
        jsonb_build_array({{ cell_object('printed') }}, {{ cell_object('done') }}, {{ cell_object('plan') }}) as cells
    from rules
    inner join cells as printed on rules.submission_id = printed.submission_id and printed.measure = 'pct_of_plan'
    inner join indicators on printed.indicator_code = indicators.indicator_code
    inner join cells as plan
        on
            printed.submission_id = plan.submission_id
            and printed.indicator_code = plan.indicator_code
            and printed.breakdown_code = plan.breakdown_code
            and plan.measure = 'plan'
    inner join cells as done
        on
            printed.submission_id = done.submission_id
            and printed.indicator_code = done.indicator_code
            and printed.breakdown_code = done.breakdown_code
            and done.measure = case when indicators.kind in ('stock', 'since') then 'value' else 'ytd' end
    where plan.value <> 0
),

percentages_with_tolerance as (
    select
        percentages.*,
        {{ tolerance('percentages', 'expected', printed_step('found')) }} as allowed
    from percentages
)

select
    gate_run_id,
    rule_code,
    kind,
    severity,
    submission_id,
    unit_code,
    form_code,
    period_code,
    indicator_code,
    measure,
    sheet,
    cell,
    found,
    expected,
    allowed as tolerance,
    {{ number_text('found') }} as found_text,
    {{ number_text('expected') }} || ' (' || {{ number_text('done') }} || ' / ' || {{ number_text('plan') }} || ')' as expected_text,
    cells
from percentages_with_tolerance
where abs({{ difference('found', 'expected') }}) > allowed
