-- One row per file: what arrived, and what it was recognised as. A file that is the same as before says what it was recognised as then.
with files as (
    select * from staging.receipt where receipt_id = any(%(receipts)s)
),

submissions as (
    select distinct on (files.receipt_id, submission.unit_code, submission.form_code, submission.period_code)
        files.receipt_id as about_id,
        submission.receipt_id = files.receipt_id as is_new,
        submission.*
    from files
    inner join staging.submission on files.sha256 = submission.sha256 and submission.first_seen_at <= files.first_seen_at
    order by files.receipt_id, submission.unit_code, submission.form_code, submission.period_code, submission.version desc
),

cell_counts as (
    select
        submission_id,
        count(*) filter (where state in ('number', 'zero')) as figures,
        count(*) filter (where state = 'blank') as blank,
        count(*) filter (where state = 'unreadable') as unreadable,
        count(*) as cells
    from staging.cell
    where submission_id in (select submission_id from submissions)
    group by submission_id
),

verdicts as (
    select distinct on (submission_id) submission_id, verdict, reason
    from audit.verdict
    where gate_run_id = %(gate_run_id)s and submission_id in (select submission_id from submissions)
    order by submission_id, verdict_id desc
),

parts as (
    select
        submissions.about_id,
        jsonb_agg(
            jsonb_build_object(
                'submission_id', submissions.submission_id, 'is_new', submissions.is_new,
                'unit_code', submissions.unit_code, 'form_code', submissions.form_code, 'form_version', submissions.form_version,
                'period_code', submissions.period_code, 'version', submissions.version, 'as_of_date', submissions.as_of_date,
                'cells', coalesce(cell_counts.cells, 0), 'figures', coalesce(cell_counts.figures, 0),
                'blank', coalesce(cell_counts.blank, 0), 'unreadable', coalesce(cell_counts.unreadable, 0),
                'due_at', duty.due_at, 'verdict', verdicts.verdict
            )
            order by submissions.period_code, submissions.form_code, submissions.unit_code
        ) as submissions
    from submissions
    left join cell_counts on submissions.submission_id = cell_counts.submission_id
    left join verdicts on submissions.submission_id = verdicts.submission_id
    left join catalog.duty
        on
            submissions.pack_hash = duty.pack_hash
            and submissions.unit_code = duty.unit_code
            and submissions.form_code = duty.form_code
            and submissions.period_code = duty.period_code
    where %(gate_run_id)s::bigint is null or verdicts.verdict is not null
    group by submissions.about_id
)

select
    files.receipt_id, files.sha256, files.source_uri, files.sender, files.received_at, files.first_seen_at, files.outcome,
    coalesce(parts.submissions, '[]') as submissions
from files
left join parts on files.receipt_id = parts.about_id
order by files.receipt_id
