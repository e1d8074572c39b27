-- Files with something to correct or to look at in runs of gate 1 that have not been answered yet.
with runs as (
    select gate_run_id
    from audit.gate_run
    where
        gate = 1 and status = 'passed'
        and not exists (
            select from audit.event where event.act = 'answered' and event.details ->> 'gate_run_id' = gate_run.gate_run_id::text
        )
)

select
    runs.gate_run_id,
    array_agg(distinct submission.receipt_id order by submission.receipt_id) filter (
        where
        not exists (
            select from audit.answer
            where answer.kind = 'returned' and answer.receipt_id = submission.receipt_id and answer.gate_run_id = runs.gate_run_id
        )
        and (
            verdict.failures_critical + verdict.failures_warning > 0
            or verdict.verdict = 'quarantined'
            or exists (
                select from staging.finding
                where
                    finding.receipt_id = submission.receipt_id
                    and coalesce(finding.submission_id, submission.submission_id) = submission.submission_id
                    and finding.severity in ('critical', 'warning')
            )
        )
    ) as receipts
from runs
inner join audit.verdict on runs.gate_run_id = verdict.gate_run_id
inner join staging.submission on verdict.submission_id = submission.submission_id
group by runs.gate_run_id
order by runs.gate_run_id
