with submissions as (
    select * from {{ ref('int_submissions_in_view') }} where gate_run_id is not null
),

rules as (
    select * from {{ ref('int_rules_in_scope') }} where kind = 'finding'
),

findings as (
    select * from {{ ref('stg_submissions__findings') }}
),

rules_by_code as (
    select
        rules.*,
        codes.code
    from rules
    cross join lateral jsonb_array_elements_text(rules.params -> 'codes') as codes (code)
),

-- a finding about the file as a whole concerns each of its submissions
findings_of_submissions as (
    select
        {{ head_of_failure('rules_by_code', 'submissions') }},
        submissions.submission_id,
        findings.indicator_code,
        findings.sheet,
        findings.cell,
        findings.found_text,
        findings.expected_text
    from submissions
    inner join findings
        on
            submissions.receipt_id = findings.receipt_id
            and (submissions.submission_id = findings.submission_id or findings.submission_id is null)
    inner join rules_by_code on submissions.rule_scope = rules_by_code.rule_scope and findings.finding_code = rules_by_code.code
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
    null::text as measure,
    sheet,
    cell,
    null::numeric as found,
    null::numeric as expected,
    null::numeric as tolerance,
    found_text,
    expected_text,
    case
        when cell is null then '[]'::jsonb
        else
            jsonb_build_array(jsonb_build_object(
                'sheet', sheet, 'cell', cell, 'indicator_code', indicator_code, 'measure', null, 'value', null,
                'submission_id', submission_id
            ))
    end as cells
from findings_of_submissions
