-- What gate 1 and intake found in the submissions of a run: failed rules, findings, and checks of the gate itself.
with judged as (
    select submission.submission_id, submission.receipt_id, verdict.reason, run.pack_hash
    from audit.gate_run as run
    inner join audit.verdict on run.gate_run_id = verdict.gate_run_id
    inner join staging.submission on verdict.submission_id = submission.submission_id
    where run.gate_run_id = %(gate_run_id)s and submission.receipt_id = any(%(receipts)s)
),

failures as (
    select
        judged.receipt_id, failure.submission_id, failure.rule_code, failure.kind, failure.sheet, failure.cell,
        failure.indicator_code, failure.measure, failure.found_text, failure.expected_text, failure.cells,
        rule.params -> 'codes' as codes,
        -- what was waived is listed as a note, with the reason
        case when waiver.waiver_id is null then failure.severity else 'info' end as severity,
        coalesce(' [Được cho qua đến trước ' || to_char(waiver.expires_on, 'DD/MM/YYYY') || ': ' || waiver.reason || ']', '') as note_vi,
        coalesce(' [Waived until ' || waiver.expires_on || ': ' || waiver.reason || ']', '') as note_en,
        rule.text_vi, rule.text_en
    from warehouse.rule_failure_as_judged as failure
    inner join judged on failure.submission_id = judged.submission_id
    left join catalog.rule on judged.pack_hash = rule.pack_hash and failure.rule_code = rule.rule_code
    left join audit.waiver on failure.waiver_id = waiver.waiver_id
    where failure.gate_run_id = %(gate_run_id)s
),

-- a finding about the file as a whole concerns each of its submissions
findings as (
    select judged.submission_id as about_id, finding.*
    from judged
    inner join staging.finding
        on judged.receipt_id = finding.receipt_id and coalesce(finding.submission_id, judged.submission_id) = judged.submission_id
),

-- a finding says best what to do; the rule that judges it says how grave it is
findings_judged as (
    select distinct on (findings.finding_id)
        findings.*, failures.rule_code, failures.severity as judged_severity,
        coalesce(failures.note_vi, '') as note_vi, coalesce(failures.note_en, '') as note_en
    from findings
    left join failures
        on
            failures.kind = 'finding'
            and findings.about_id = failures.submission_id
            and coalesce(findings.sheet, '') = coalesce(failures.sheet, '')
            and coalesce(findings.cell, '') = coalesce(failures.cell, '')
            and failures.codes ? findings.code
    order by
        findings.finding_id,
        case failures.severity when 'critical' then 1 when 'warning' then 2 when 'info' then 3 else 4 end, failures.rule_code
),

-- what a check of the gate holds against a submission, beside the rules
checks as (
    select judged.receipt_id, judged.submission_id, result.severity, result.expectation, result.description
    from judged
    cross join lateral unnest(string_to_array(judged.reason, ', ')) as held (reason)
    inner join audit.quality_result as result
        on result.gate_run_id = %(gate_run_id)s and not result.success and held.reason = result.expectation
),

problems as (
    select
        receipt_id, submission_id, severity, rule_code as code, coalesce(text_vi, rule_code) || note_vi as text_vi,
        coalesce(text_en, rule_code) || note_en as text_en, sheet, cell, indicator_code, measure, found_text as found, expected_text as expected,
        cells, false as is_finding
    from failures
    where kind <> 'finding'
    union all
    select
        receipt_id, submission_id, coalesce(judged_severity, severity), coalesce(rule_code, code), text_vi || note_vi, text_en || note_en, sheet, cell,
        indicator_code, null, found, expected, '[]', true
    from findings_judged
    union all
    select
        receipt_id, submission_id, severity, expectation, split_part(description, ' / ', 1), split_part(description, ' / ', 2), null, null,
        null, null, null, null, '[]', false
    from checks
)

select problems.*
from problems
order by
    receipt_id,
    case severity when 'critical' then 1 when 'warning' then 2 else 3 end, sheet nulls last, length(cell), cell, code, measure,
    found, expected, submission_id
