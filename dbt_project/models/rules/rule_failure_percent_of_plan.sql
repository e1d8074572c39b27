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

-- what a percentage is reckoned from stands beside it. One report after the other, and each is read once; it has one figure of each
-- measure at the most
printed as (
    select
        {{ head_of_failure('rules', 'submissions') }},
        rules.tolerance,
        rules.tolerance_pct,
        submissions.submission_id,
        figures.indicator_code,
        figures.breakdown_code,
        figures.value,
        figures.value as found,
        figures.raw,
        figures.ytd,
        figures.printed_plan,
        case when indicators.kind in ('stock', 'since') then 'value' else 'ytd' end as done_measure,
        plans_by_rate.indicator_code is not null as is_plan_by_rate
    from submissions
    inner join rules on submissions.rule_scope = rules.rule_scope
    cross join
        lateral ( -- noqa: ST05
            select
                sent.indicator_code,
                sent.breakdown_code,
                max(sent.value) filter (where sent.measure = 'pct_of_plan') as value,
                max(sent.raw) filter (where sent.measure = 'pct_of_plan') as raw,
                max(sent.value) filter (where sent.measure = 'ytd') as ytd,
                max(sent.value) filter (where sent.measure = 'plan') as printed_plan
            from (
                select
                    cells.indicator_code,
                    cells.breakdown_code,
                    cells.measure,
                    cells.value,
                    cells.raw
                from cells
                where
                    cells.submission_id = submissions.submission_id
                    and {{ without_index("cells.measure in ('pct_of_plan', 'ytd', 'plan')") }}
                {{ made_once() }} -- and not for each figure above: whether it is corrected must be looked up
            ) as sent
            group by sent.indicator_code, sent.breakdown_code
        ) as figures
    inner join indicators on figures.indicator_code = indicators.indicator_code
    left join plans_by_rate on figures.indicator_code = plans_by_rate.indicator_code
    where figures.value is not null
),

-- materialized: what is looked up by its key is looked up once
printed_with_figures as materialized (
    select
        *,
        case
            when done_measure = 'ytd' then ytd
            else (
                select cells.value
                from cells
                where
                    cells.submission_id = printed.submission_id
                    and cells.indicator_code = printed.indicator_code
                    and cells.measure = 'value'
                    and cells.breakdown_code = printed.breakdown_code
            )
        end as done
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
        case
            when percentages_expected.is_plan_unknown then {{ difference('found', 'expected') }} <> 0
            else {{ differs('percentages_expected', 'found', 'expected') }}
        end
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

-- materialized: the cells are looked up once
failures as materialized (
    select
        *,
        (
            select jsonb_agg({{ cell_object('cells') }} order by cells.measure <> 'pct_of_plan', cells.measure = 'plan')
            from cells
            where
                cells.submission_id = percentages_with_tolerance.submission_id
                and cells.indicator_code = percentages_with_tolerance.indicator_code
                and cells.measure in ('pct_of_plan', percentages_with_tolerance.done_measure, 'plan')
                and cells.breakdown_code = percentages_with_tolerance.breakdown_code
        ) as cells
    from percentages_with_tolerance
    where abs({{ difference('found', 'expected') }}) > allowed
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
    'pct_of_plan' as measure,
    cells -> 0 ->> 'sheet' as sheet,
    cells -> 0 ->> 'cell' as cell,
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
from failures
