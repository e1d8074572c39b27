-- Failures that a waiver let pass.
select w.gate_run_id as gate_run, w.submission_id, s.unit_code, s.form_code, s.period_code, s.version, w.request_id, w.severity, w.failures
from audit.waived_failure as w
inner join staging.submission as s on w.submission_id = s.submission_id
inner join audit.gate_run as g on w.gate_run_id = g.gate_run_id
where s.period_code = any(%(periods)s) and g.ended_at <= %(published_at)s
order by w.gate_run_id, w.submission_id, w.request_id
