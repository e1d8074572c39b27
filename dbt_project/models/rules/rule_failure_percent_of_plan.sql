with submissions as (
    select * from {{ ref('int_submissions_in_view') }} where gate_run_id is not null
),

rules as (
    select * from {{ ref('int_rules_in_scope') }} where kind = 'percent_of_plan'
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

printed as (
    select
        {{ head_of_failure('rules', 'submissions') }},
        rules.tolerance,
        rules.tolerance_pct,
        cells.submission_id,
        cells.indicator_code,
        cells.breakdown_code,
        cells.measure,
        cells.sheet,
        cells.cell,
        cells.value,
        cells.value as found,
        cells.raw,
        case when indicators.kind in ('stock', 'since') then 'value' else 'ytd' end as done_measure,
        plans_by_rate.indicator_code is not null as is_plan_by_rate
    from submissions
    inner join rules on submissions.rule_scope = rules.rule_scope
    inner join cells on submissions.submission_id = cells.submission_id and cells.measure = 'pct_of_plan'
    inner join indicators on cells.indicator_code = indicators.indicator_code
    left join plans_by_rate on cells.indicator_code = plans_by_rate.indicator_code
),

-- materialized: what is looked up by its key is looked up once
printed_with_figures as materialized (
    select
        *,
        (
            select cells.value
            from cells
            where
                cells.submission_id = printed.submission_id
                and cells.indicator_code = printed.indicator_code
                and cells.measure = printed.done_measure
                and cells.breakdown_code = printed.breakdown_code
        ) as done,
        (
            select cells.value
            from cells
            where
                cells.submission_id = printed.submission_id
                and cells.indicator_code = printed.indicator_code
                and cells.measure = 'plan'
                and cells.breakdown_code = printed.breakdown_code
        ) as printed_plan
    from printed
),

-- a plan that is not printed is a whole number: the nearest to what the percentage says
percentages as (
    select
        *,
        coalesce(printed_plan, greatest(round(100 * done / nullif(found, 0)), 1)) as plan,
        printed_plan is null as is_plan_unknown
    from printed_with_figures
    where
        done is not null
        and (printed_plan <> 0 or (printed_plan is null and not is_plan_by_rate and done > 0 and found > 0))
),

percentages_expected as (
    select
        *,
        100 * done / plan as expected
    from percentages
    {{ made_once() }} -- a division, and it is asked for often below
),

-- the precision of a print is worked out for those that need it
differing_percentages as (
    select
        *,
        {{ printed_step_of_percentage('percentages_expected') }} as step
    from percentages_expected
    where
        abs({{ difference('found', 'expected') }})
        > case when percentages_expected.is_plan_unknown then 0 else {{ tolerance('percentages_expected', 'expected') }} end
),

percentages_with_tolerance as (
    select
        differing_percentages.*,
        case
            when differing_percentages.is_plan_unknown then differing_percentages.step
            else {{ tolerance('differing_percentages', 'expected', 'differing_percentages.step') }}
        end as allowed
    from differing_percentages
),

failures as (
    select * from percentages_with_tolerance where abs({{ difference('found', 'expected') }}) > allowed
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
    (
        select jsonb_agg({{ cell_object('cells') }} order by cells.measure <> failures.measure, cells.measure = 'plan')
        from cells
        where
            cells.submission_id = failures.submission_id
            and cells.indicator_code = failures.indicator_code
            and cells.measure in (failures.measure, failures.done_measure, 'plan')
            and cells.breakdown_code = failures.breakdown_code
    ) as cells
from failures
