-- The slots of the publication's periods, what is shown of each, and the problems of what is shown. Other queries begin with this.

with periods as (
    select period_key, period_code, start_date, end_date
    from marts.dim_period
    where period_code = any(%(periods)s)
),

submissions as (
    select fct_submission.*
    from marts.fct_submission
    inner join periods on fct_submission.period_key = periods.period_key
    where fct_submission.status <> 'withdrawn'
),

latest as (
    select distinct on (unit_key, form_key, period_key) *
    from submissions
    order by unit_key, form_key, period_key, received_at desc, version desc
),

in_force as (
    select * from submissions where status = 'in_force'
),

first_arrivals as (
    select unit_key, form_key, period_key, min(received_at) as first_received_at
    from submissions
    group by unit_key, form_key, period_key
),

duties as (
    select duty.unit_key, duty.form_key, duty.period_key, duty.due_at
    from warehouse.fct_reporting_duty as duty
    inner join periods on duty.period_key = periods.period_key
    where duty.from_publication <= %(number)s and duty.to_publication > %(number)s
),

slots as (
    select
        unit_key, form_key, period_key,
        duties.due_at, duties.due_at is not null as is_owed,
        latest.submission_id as latest_id, in_force.submission_id as in_force_id, in_force.version as in_force_version,
        coalesce(first_arrivals.first_received_at > duties.due_at, false) as is_late,
        case
            when latest.submission_id is null and duties.due_at > %(published_at)s then 'not_due'
            when latest.submission_id is null then 'missing'
            when latest.status in ('quarantined', 'held') then latest.status
            else coalesce(latest.verdict, 'accepted')
        end as standing
    from duties
    full join latest using (unit_key, form_key, period_key)
    left join in_force using (unit_key, form_key, period_key)
    left join first_arrivals using (unit_key, form_key, period_key)
),

shown as (
    select unit_key, form_key, period_key, latest_id as submission_id, true as is_latest from slots where latest_id is not null
    union all
    select unit_key, form_key, period_key, in_force_id, false from slots where in_force_id <> latest_id
),

-- which run of gate 1 judged what is shown
judgements as (
    select distinct on (verdict.submission_id) verdict.submission_id, verdict.gate_run_id, gate_run.pack_hash
    from audit.verdict
    inner join shown on verdict.submission_id = shown.submission_id
    inner join audit.gate_run on verdict.gate_run_id = gate_run.gate_run_id
    where verdict.given_at <= %(opened_at)s
    order by verdict.submission_id, verdict.verdict_id desc
),

failures as (
    select
        failure.submission_id, case when failure.waiver_id is null then failure.severity else 'waived' end as severity,
        case when failure.waiver_id is not null then jsonb_build_object(
            'number', failure.waiver_id, 'reason', waiver.reason, 'expires_on', waiver.expires_on,
            'asked_by', concat_ws(' / ', waiver.asked_by, waiver.asked_for), 'approved_by', concat_ws(' / ', waiver.decided_by, waiver.decided_for)
        ) end as waiver,
        failure.rule_code, failure.kind, failure.sheet, failure.cell,
        failure.indicator_code, failure.measure, failure.found_text, failure.expected_text, failure.cells,
        rule.text_vi, rule.text_en, rule.params -> 'codes' as codes
    from warehouse.rule_failure_as_judged as failure
    inner join judgements on failure.gate_run_id = judgements.gate_run_id and failure.submission_id = judgements.submission_id
    inner join catalog.rule on judgements.pack_hash = rule.pack_hash and failure.rule_code = rule.rule_code
    left join audit.waiver on failure.waiver_id = waiver.waiver_id
),

-- a finding about the file as a whole concerns each of its submissions
findings as (
    select shown.submission_id, finding.*
    from shown
    inner join (select submission_id, receipt_id from staging.submission) as arrived on shown.submission_id = arrived.submission_id
    inner join (
        select
            finding_id, receipt_id, submission_id as about_id, code, severity, sheet, cell, indicator_code, found, expected, text_vi, text_en
        from staging.finding
    ) as finding
        on arrived.receipt_id = finding.receipt_id and coalesce(finding.about_id, shown.submission_id) = shown.submission_id
),

-- a finding says best what to do; the rule that judges it says how grave it is
findings_judged as (
    select distinct on (findings.submission_id, findings.finding_id) 
        findings.*, failures.rule_code, failures.severity as judged_severity, failures.waiver
    from findings
    left join failures
        on
            failures.kind = 'finding'
            and findings.submission_id = failures.submission_id
            and coalesce(findings.sheet, '') = coalesce(failures.sheet, '')
            and coalesce(findings.cell, '') = coalesce(failures.cell, '')
            and failures.codes ? findings.code
    order by
        findings.submission_id, findings.finding_id,
        case failures.severity when 'critical' then 1 when 'warning' then 2 else 3 end, failures.rule_code
),

problems as (
    select
        submission_id, severity, rule_code, text_vi, text_en, sheet, cell, indicator_code, measure, found_text, expected_text, cells,
        false as is_finding, waiver
    from failures
    where kind <> 'finding'
    union all
    select
        submission_id, coalesce(judged_severity, severity), coalesce(rule_code, code), text_vi, text_en, sheet, cell,
        indicator_code, null, found, expected, '[]', true, waiver
    from findings_judged
),

problem_counts as (
    select
        shown.unit_key, shown.form_key, shown.period_key,
        (count(*) filter (where problems.severity = 'critical'))::integer as critical,
        (count(*) filter (where problems.severity = 'warning'))::integer as warning,
        (count(*) filter (where problems.severity = 'info'))::integer as info,
        (count(*) filter (where problems.severity = 'waived'))::integer as waived
    from problems
    inner join shown on problems.submission_id = shown.submission_id
    group by shown.unit_key, shown.form_key, shown.period_key
),

slots_counted as (
    select
        slots.*, periods.period_code, periods.start_date, periods.end_date, units.unit_code, forms.form_code,
        coalesce(problem_counts.critical, 0) as critical,
        coalesce(problem_counts.warning, 0) as warning,
        coalesce(problem_counts.info, 0) as info,
        coalesce(problem_counts.waived, 0) as waived
    from slots
    inner join periods on slots.period_key = periods.period_key
    inner join marts.dim_unit as units on slots.unit_key = units.unit_key
    inner join marts.dim_form as forms on slots.form_key = forms.form_key
    left join problem_counts
        on
            slots.unit_key = problem_counts.unit_key
            and slots.form_key = problem_counts.form_key
            and slots.period_key = problem_counts.period_key
),

noteworthy as (
    select * from slots_counted
    where standing not in ('accepted', 'not_due') or is_late or critical + warning + info + waived > 0
)
