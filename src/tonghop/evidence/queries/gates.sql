-- What the gates measured: gate 2 of this publication, gate 1 of its submissions.
select
    g.gate_run_id as gate_run, g.gate, g.publication, g.status, g.started_at, g.ended_at, g.pack_hash, g.code_version, q.suite, q.expectation,
    q.severity, q.success, q.observed, q.description
from audit.gate_run as g
left join audit.quality_result as q on g.gate_run_id = q.gate_run_id
where
    (g.gate = 2 and g.publication = %(number)s)
    or g.gate_run_id in (
        select v.gate_run_id
        from audit.verdict as v
        inner join staging.submission as s on v.submission_id = s.submission_id
        where s.period_code = any(%(periods)s) and v.given_at <= %(published_at)s
    )
order by g.gate_run_id, q.quality_result_id
