with rules as (
    select * from {{ ref('int_rules_applied') }} where kind = 'finding'
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
        rules_by_code.*,
        findings.indicator_code,
        findings.sheet,
        findings.cell,
        findings.found_text,
        findings.expected_text
    from rules_by_code
    inner join findings
        on
            rules_by_code.receipt_id = findings.receipt_id
            and rules_by_code.code = findings.finding_code
            and (findings.submission_id = rules_by_code.submission_id or findings.submission_id is null)
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
