with submissions as (
    select * from {{ ref('int_submissions_in_view') }}
),

rules as (
    select * from {{ ref('int_rules_in_scope') }} where kind = 'cumulative'
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }}
),

indicators as (
    select * from {{ ref('stg_catalog__indicators') }} where kind = 'flow'
),

-- a year's first period has nothing before it; where the period before is missing nothing can be said
submissions_that_can_be_judged as (
    select
        submissions.*,
        before.submission_id as submission_before
    from submissions
    left join submissions as before
        on
            submissions.unit_code = before.unit_code
            and submissions.form_code = before.form_code
            and submissions.previous_period_code = before.period_code
            and before.is_in_view
            and not submissions.is_first_of_year
    where submissions.gate_run_id is not null and (submissions.is_first_of_year or before.submission_id is not null)
),

printed as (
    select
        {{ head_of_failure('rules', 'submissions') }},
        rules.tolerance,
        rules.tolerance_pct,
        submissions.is_first_of_year,
        submissions.submission_before,
        cells.submission_id,
        cells.indicator_code,
        cells.breakdown_code,
        cells.measure,
        cells.sheet,
        cells.cell,
        cells.value as found
    from submissions_that_can_be_judged as submissions
    inner join rules on submissions.rule_scope = rules.rule_scope
    inner join cells on submissions.submission_id = cells.submission_id and cells.measure = 'ytd'
    inner join indicators on cells.indicator_code = indicators.indicator_code
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
                and cells.measure = 'value'
                and cells.breakdown_code = printed.breakdown_code
        ) as this_value,
        (
            select cells.value
            from cells
            where
                cells.submission_id = printed.submission_before
                and cells.indicator_code = printed.indicator_code
                and cells.measure = 'ytd'
                and cells.breakdown_code = printed.breakdown_code
        ) as value_before
    from printed
),

cumulated as (
    select
        *,
        this_value + case when is_first_of_year then 0 else value_before end as expected
    from printed_with_figures
),

cumulated_with_tolerance as (
    select
        cumulated.*,
        {{ tolerance('cumulated', 'expected') }} as allowed
    from cumulated
    where cumulated.expected is not null
),

failures as (
    select * from cumulated_with_tolerance where {{ differs('cumulated_with_tolerance', 'found', 'expected') }}
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
    {{ number_text('expected') }} || coalesce(
        ' (' || {{ number_text('value_before') }} || ' + ' || {{ number_text('this_value') }} || ')', ''
    ) as expected_text,
    (
        select
            jsonb_agg(
                {{ cell_object('cells') }} order by cells.submission_id <> failures.submission_id, cells.measure <> failures.measure
            )
        from cells
        where
            cells.indicator_code = failures.indicator_code
            and cells.breakdown_code = failures.breakdown_code
            and (
                (cells.submission_id = failures.submission_id and cells.measure in ('value', 'ytd'))
                or (cells.submission_id = failures.submission_before and cells.measure = 'ytd')
            )
    ) as cells
from failures
