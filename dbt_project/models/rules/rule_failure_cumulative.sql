with rules as (
    select * from {{ ref('int_rules_applied') }} where kind = 'cumulative'
),

submissions as (
    select * from {{ ref('int_submissions_in_view') }} where is_in_view
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }}
),

indicators as (
    select * from {{ ref('stg_catalog__indicators') }} where kind = 'flow'
),

cumulated as (
    select
        rules.*,
        printed.indicator_code,
        printed.measure,
        printed.sheet,
        printed.cell,
        printed.value as found,
        this_period.value + case when rules.is_first_of_year then 0 else before.value end as expected,
        this_period.value as this_value,
        case when not rules.is_first_of_year then before.value end as value_before,
        jsonb_build_array({{ cell_object('printed') }}, {{ cell_object('this_period') }})
        || case
            when rules.is_first_of_year then '[]'::jsonb
            else jsonb_build_array({{ cell_object('before') }})
        end as cells
    from rules
    inner join cells as printed on rules.submission_id = printed.submission_id and printed.measure = 'ytd'
    inner join indicators on printed.indicator_code = indicators.indicator_code
    inner join cells as this_period
        on
            printed.submission_id = this_period.submission_id
            and printed.indicator_code = this_period.indicator_code
            and printed.breakdown_code = this_period.breakdown_code
            and this_period.measure = 'value'
    left join submissions
        on
            rules.unit_code = submissions.unit_code
            and rules.form_code = submissions.form_code
            and rules.previous_period_code = submissions.period_code
            and not rules.is_first_of_year
    left join cells as before
        on
            submissions.submission_id = before.submission_id
            and printed.indicator_code = before.indicator_code
            and printed.breakdown_code = before.breakdown_code
            and before.measure = 'ytd'
    where rules.is_first_of_year or before.value is not null
),

cumulated_with_tolerance as (
    select
        cumulated.*,
        {{ tolerance('cumulated', 'expected') }} as allowed
    from cumulated
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
    cells
from cumulated_with_tolerance
where abs({{ difference('found', 'expected') }}) > allowed
