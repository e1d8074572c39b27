with submissions as (
    select * from {{ ref('int_submissions_in_view') }}
),

rules as (
    select * from {{ ref('int_rules_in_scope') }} where kind = 'same_period'
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }}
),

indicators as (
    select * from {{ ref('stg_catalog__indicators') }}
),

submissions_with_last_year as (
    select
        submissions.*,
        last_year.submission_id as submission_last_year
    from submissions
    inner join submissions as last_year
        on
            submissions.unit_code = last_year.unit_code
            and submissions.form_code = last_year.form_code
            and submissions.same_period_last_year_code = last_year.period_code
            and last_year.is_in_view
    where submissions.gate_run_id is not null
),

printed as (
    select
        {{ head_of_failure('rules', 'submissions') }},
        rules.tolerance,
        rules.tolerance_pct,
        submissions.same_period_last_year_code,
        submissions.submission_last_year,
        cells.submission_id,
        cells.indicator_code,
        cells.breakdown_code,
        cells.measure,
        cells.sheet,
        cells.cell,
        cells.value as found,
        case when indicators.kind = 'flow' then 'ytd' else 'value' end as remembered_measure
    from submissions_with_last_year as submissions
    inner join rules on submissions.rule_scope = rules.rule_scope
    inner join cells on submissions.submission_id = cells.submission_id and cells.measure = 'same_period'
    inner join indicators on cells.indicator_code = indicators.indicator_code
),

-- materialized: what is looked up by its key is looked up once
remembered as materialized (
    select
        *,
        (
            select cells.value
            from cells
            where
                cells.submission_id = printed.submission_last_year
                and cells.indicator_code = printed.indicator_code
                and cells.measure = printed.remembered_measure
                and cells.breakdown_code = printed.breakdown_code
        ) as expected
    from printed
),

remembered_with_tolerance as (
    select
        remembered.*,
        {{ tolerance('remembered', 'expected', printed_fraction('found')) }} as allowed
    from remembered
    where remembered.expected is not null
),

failures as (
    select * from remembered_with_tolerance where abs({{ difference('found', 'expected') }}) > allowed
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
    {{ number_text('expected') }} || ' (' || same_period_last_year_code || ')' as expected_text,
    (
        select jsonb_agg({{ cell_object('cells') }} order by cells.submission_id <> failures.submission_id)
        from cells
        where
            cells.indicator_code = failures.indicator_code
            and cells.breakdown_code = failures.breakdown_code
            and (
                (cells.submission_id = failures.submission_id and cells.measure = failures.measure)
                or (cells.submission_id = failures.submission_last_year and cells.measure = failures.remembered_measure)
            )
    ) as cells
from failures
