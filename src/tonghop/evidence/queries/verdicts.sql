-- Every verdict that these submissions had got by the moment of publication: the last one of each counted.
select
    v.verdict_id, v.submission_id, s.unit_code, s.form_code, s.period_code, s.version, v.verdict, v.gate_run_id as gate_run,
    v.failures_critical, v.failures_warning, v.failures_info, v.reason, v.given_by, v.given_at
from audit.verdict as v
inner join staging.submission as s on v.submission_id = s.submission_id
where s.period_code = any(%(periods)s) and v.given_at <= %(published_at)s
order by v.verdict_id
