with rules as (
    select * from {{ ref('int_rules_applied') }} where kind = 'percent_of_plan'
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }}
),

indicators as (
    select * from {{ ref('stg_catalog__indicators') }}
),

-- a plan that is a share of another quantity need not be a whole number
plans_by_rate as (
    select indicator_code
    from {{ ref('stg_catalog__targets') }}
    where rate is not null
    group by indicator_code
),

percentages as (
    select
        rules.*,
        printed.indicator_code,
        printed.measure,
        printed.sheet,
        printed.cell,
        printed.value as found,
        {{ printed_step_of_percentage('printed') }} as step,
        done.value as done,
        -- a plan that is not printed is a whole number: the nearest to what the percentage says
        coalesce(plan.value, greatest(round(100 * done.value / nullif(printed.value, 0)), 1)) as plan,
        plan.value is null as is_plan_unknown,
        jsonb_build_array({{ cell_object('printed') }}, {{ cell_object('done') }})
        || case when plan.value is null then '[]'::jsonb else jsonb_build_array({{ cell_object('plan') }}) end as cells
    from rules
    inner join cells as printed on rules.submission_id = printed.submission_id and printed.measure = 'pct_of_plan'
    inner join indicators on printed.indicator_code = indicators.indicator_code
    inner join cells as done
        on
            printed.submission_id = done.submission_id
            and printed.indicator_code = done.indicator_code
            and printed.breakdown_code = done.breakdown_code
            and done.measure = case when indicators.kind in ('stock', 'since') then 'value' else 'ytd' end
    left join cells as plan
        on
            printed.submission_id = plan.submission_id
            and printed.indicator_code = plan.indicator_code
            and printed.breakdown_code = plan.breakdown_code
            and plan.measure = 'plan'
    left join plans_by_rate on printed.indicator_code = plans_by_rate.indicator_code
    where
        plan.value <> 0
        or (plan.value is null and plans_by_rate.indicator_code is null and done.value > 0 and printed.value > 0)
),

percentages_expected as (
    select
        *,
        100 * done / plan as expected
    from percentages
),

percentages_with_tolerance as (
    select
        percentages_expected.*,
        case
            when percentages_expected.is_plan_unknown then percentages_expected.step
            else {{ tolerance('percentages_expected', 'expected', 'percentages_expected.step') }}
        end as allowed
    from percentages_expected
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
    {{ number_text('expected') }}
    || ' ('
    || {{ number_text('done') }}
    || ' / '
    || {{ number_text('plan') }}
    || case when is_plan_unknown then ', số nguyên gần nhất / nearest whole plan)' else ')' end as expected_text,
    cells
from percentages_with_tolerance
where abs({{ difference('found', 'expected') }}) > allowed
