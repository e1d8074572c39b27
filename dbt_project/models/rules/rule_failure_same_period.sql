with rules as (
    select * from {{ ref('int_rules_applied') }} where kind = 'same_period'
),

submissions as (
    select * from {{ ref('int_submissions_in_view') }} where is_in_view
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }}
),

indicators as (
    select * from {{ ref('stg_catalog__indicators') }}
),

remembered as (
    select
        rules.*,
        printed.indicator_code,
        printed.measure,
        printed.sheet,
        printed.cell,
        printed.value as found,
        last_year.value as expected,
        jsonb_build_array({{ cell_object('printed') }}, {{ cell_object('last_year') }}) as cells
    from rules
    inner join cells as printed on rules.submission_id = printed.submission_id and printed.measure = 'same_period'
    inner join indicators on printed.indicator_code = indicators.indicator_code
    inner join submissions
        on
            rules.unit_code = submissions.unit_code
            and rules.form_code = submissions.form_code
            and rules.same_period_last_year_code = submissions.period_code
    inner join cells as last_year
        on
            submissions.submission_id = last_year.submission_id
            and printed.indicator_code = last_year.indicator_code
            and printed.breakdown_code = last_year.breakdown_code
            and last_year.measure = case when indicators.kind = 'flow' then 'ytd' else 'value' end
),

remembered_with_tolerance as (
    select
        remembered.*,
        {{ tolerance('remembered', 'expected', printed_fraction('found')) }} as allowed
    from remembered
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
    cells
from remembered_with_tolerance
where abs({{ difference('found', 'expected') }}) > allowed
