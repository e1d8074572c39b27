-- depends_on: {{ ref('int_submission_touched') }}
{{ config(
    unique_key=['submission_id'],
    lookup=['unit_key', 'period_key', 'form_key'],
    scope={'relation': 'int_submission_touched', 'columns': ['submission_id']},
) }}

with slots as (
    select * from {{ ref('int_slot_touched') }}
),

submissions as (
    select * from {{ ref('stg_submissions__submissions') }}
),

verdict_history as (
    select * from {{ ref('stg_audit__verdict_history') }}
),

candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

duties as (
    select * from {{ ref('stg_catalog__duties') }}
),

cells as (
    select * from {{ ref('stg_submissions__cells') }}
),

findings as (
    select * from {{ ref('stg_submissions__findings') }}
),

form_figures as (
    select * from {{ ref('stg_catalog__form_figures') }}
),

submissions_of_the_slots as (
    select
        submissions.*,
        slots.period_key,
        slots.form_key,
        slots.unit_key,
        in_force.submission_id as in_force_id,
        (submissions.received_at, submissions.version) < (in_force.received_at, in_force.version) as is_older
    from slots
    inner join submissions
        on
            slots.unit_code = submissions.unit_code
            and slots.form_code = submissions.form_code
            and slots.period_code = submissions.period_code
    left join submissions as in_force on slots.submission_id = in_force.submission_id
),

-- a candidate is frozen: what was judged after it opened belongs to the next one. What is in force shows the judgement that the candidate
-- took it in with, which is not the last one where a correction of a closed period waits for its approval
last_verdicts as (
    select distinct on (verdict_history.submission_id)
        verdict_history.submission_id,
        verdict_history.verdict,
        verdict_history.gate_run_id,
        verdict_history.failures_critical,
        verdict_history.failures_warning,
        verdict_history.failures_info
    from submissions_of_the_slots
    inner join verdict_history on submissions_of_the_slots.submission_id = verdict_history.submission_id
    inner join candidate on verdict_history.given_at <= candidate.opened_at
    left join slots on verdict_history.submission_id = slots.submission_id
    order by
        verdict_history.submission_id asc,
        coalesce(verdict_history.gate_run_id = slots.gate_run_id, false) desc,
        verdict_history.verdict_id desc
),

submissions_with_verdicts as (
    select
        submissions_of_the_slots.*,
        last_verdicts.verdict,
        last_verdicts.gate_run_id,
        coalesce(last_verdicts.failures_critical, 0) as failures_critical,
        coalesce(last_verdicts.failures_warning, 0) as failures_warning,
        coalesce(last_verdicts.failures_info, 0) as failures_info,
        case
            when submissions_of_the_slots.submission_id = submissions_of_the_slots.in_force_id then 'in_force'
            when last_verdicts.verdict in ('quarantined', 'held', 'withdrawn') then last_verdicts.verdict
            else 'superseded'
        end as status
    from submissions_of_the_slots
    left join last_verdicts on submissions_of_the_slots.submission_id = last_verdicts.submission_id
    where last_verdicts.verdict is not null or submissions_of_the_slots.is_older
),

form_sizes as (
    select
        form_code,
        form_version,
        count(*)::integer as cells_expected
    from form_figures
    where measure = 'value'
    group by form_code, form_version
),

filled_cells as (
    select
        cells.submission_id,
        count(*)::integer as cells_filled
    from cells
    where
        cells.submission_id in (select submissions_with_verdicts.submission_id from submissions_with_verdicts)
        and cells.measure = 'value'
        and cells.state not in ('blank', 'unreadable')
    group by cells.submission_id
),

counted_findings as (
    select
        findings.submission_id,
        (count(*) filter (where findings.severity = 'critical'))::integer as findings_critical,
        (count(*) filter (where findings.severity = 'warning'))::integer as findings_warning,
        (count(*) filter (where findings.severity = 'info'))::integer as findings_info
    from findings
    where findings.submission_id in (select submissions_with_verdicts.submission_id from submissions_with_verdicts)
    group by findings.submission_id
),

submissions_described as (
    select
        submissions_with_verdicts.submission_id,
        submissions_with_verdicts.unit_key,
        submissions_with_verdicts.form_key,
        submissions_with_verdicts.period_key,
        submissions_with_verdicts.version,
        submissions_with_verdicts.status,
        submissions_with_verdicts.verdict,
        submissions_with_verdicts.received_at,
        submissions_with_verdicts.first_seen_at,
        submissions_with_verdicts.as_of_date,
        duties.due_at,
        submissions_with_verdicts.received_at <= duties.due_at as on_time,
        submissions_with_verdicts.source_uri,
        submissions_with_verdicts.sender,
        submissions_with_verdicts.sha256,
        submissions_with_verdicts.reading_sha256,
        coalesce(form_sizes.cells_expected, 0) as cells_expected,
        coalesce(filled_cells.cells_filled, 0) as cells_filled,
        coalesce(counted_findings.findings_critical, 0) as findings_critical,
        coalesce(counted_findings.findings_warning, 0) as findings_warning,
        coalesce(counted_findings.findings_info, 0) as findings_info,
        submissions_with_verdicts.failures_critical,
        submissions_with_verdicts.failures_warning,
        submissions_with_verdicts.failures_info,
        submissions_with_verdicts.gate_run_id
    from submissions_with_verdicts
    left join duties
        on
            submissions_with_verdicts.form_code = duties.form_code
            and submissions_with_verdicts.unit_code = duties.unit_code
            and submissions_with_verdicts.period_code = duties.period_code
    left join form_sizes
        on
            submissions_with_verdicts.form_code = form_sizes.form_code
            and submissions_with_verdicts.form_version = form_sizes.form_version
    left join filled_cells on submissions_with_verdicts.submission_id = filled_cells.submission_id
    left join counted_findings on submissions_with_verdicts.submission_id = counted_findings.submission_id
)

select * from submissions_described
