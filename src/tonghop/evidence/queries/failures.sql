-- What the rules found in these submissions, with the cells, and what was found and expected.
select
    r.gate_run_id as gate_run, r.rule_code, r.severity, r.unit_code, r.form_code, r.period_code, r.submission_id, r.indicator_code, r.measure,
    r.sheet, r.cell, r.found_text as found, r.expected_text as expected, r.tolerance, r.cells
from warehouse.rule_failure as r
inner join audit.gate_run as g on r.gate_run_id = g.gate_run_id
where r.period_code = any(%(periods)s) and g.ended_at <= %(published_at)s
order by r.gate_run_id, r.period_code collate "C", r.form_code collate "C", r.unit_code collate "C", r.rule_code collate "C",
    r.indicator_code collate "C", r.measure collate "C", r.sheet collate "C", r.cell collate "C", r.cells::text collate "C"
