with submissions as (
    select * from {{ ref('int_submissions_in_view') }} where gate_run_id is not null
),

rules as (
    select * from {{ ref('int_rules_in_scope') }} where kind = 'correction'
),

corrections as (
    select * from {{ ref('stg_audit__judged_corrections') }}
),

cells as (
    select * from {{ ref('stg_submissions__cells') }}
),

corrections_of_the_judgement as (
    select
        {{ head_of_failure('rules', 'submissions') }},
        corrections.submission_id,
        corrections.correction_code,
        corrections.indicator_code,
        corrections.measure,
        corrections.breakdown_code,
        corrections.found_state,
        corrections.found_value,
        coalesce({{ number_text('corrections.found_value') }}, corrections.found_state) as found_wanted_text,
        coalesce({{ number_text('corrections.use_value') }}, corrections.use_state) as use_text
    from submissions
    inner join rules on submissions.rule_scope = rules.rule_scope
    inner join corrections
        on submissions.gate_run_id = corrections.gate_run_id and submissions.submission_id = corrections.submission_id
),

-- what was sent is looked at, not what was made of it
corrections_with_cells as (
    select
        corrections_of_the_judgement.*,
        cells.sheet,
        cells.cell,
        cells.state,
        cells.value,
        case
            when cells.submission_id is null then 'không có ô / no such figure'
            else coalesce({{ number_text('cells.value') }}, cells.state)
        end as found_text,
        case when cells.submission_id is null then '[]'::jsonb else jsonb_build_array({{ cell_object('cells') }}) end as cells
    from corrections_of_the_judgement
    left join cells on {{ same_figure('corrections_of_the_judgement', 'cells') }}
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
    value as found,
    found_value as expected,
    null::numeric as tolerance,
    found_text,
    found_wanted_text || ' (' || correction_code || ': → ' || use_text || ')' as expected_text,
    cells
from corrections_with_cells
where (state, value) is distinct from (found_state, found_value)
