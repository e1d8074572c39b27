-- Figures that were corrected by hand: what stands in the cell, what is used instead, why and who.
select
    j.gate_run_id as gate_run, j.submission_id, s.unit_code, s.form_code, s.period_code, s.version, j.correction_code, j.indicator_code,
    j.measure, j.breakdown_code, j.found_state, j.found_value, j.use_state, j.use_value, j.reason, j.author
from audit.judged_correction as j
inner join staging.submission as s on j.submission_id = s.submission_id
inner join audit.gate_run as g on j.gate_run_id = g.gate_run_id
where s.period_code = any(%(periods)s) and g.ended_at <= %(published_at)s
order by j.gate_run_id, j.submission_id, j.correction_code collate "C"
