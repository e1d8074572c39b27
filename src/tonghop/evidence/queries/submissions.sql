-- Every version of the reports of these periods that the publication knew, with the hashes of its file and of what was read in it.
select
    units.unit_code, forms.form_code, periods.period_code, f.version, f.submission_id, f.status, f.verdict, f.received_at, f.due_at,
    f.on_time, f.as_of_date, f.source_uri, f.sender, f.sha256 as file_sha256, f.reading_sha256, f.failures_critical, f.failures_warning,
    f.failures_info, f.gate_run_id as gate_run
from marts.fct_submission as f
inner join catalog.unit_key as units on f.unit_key = units.unit_key
inner join catalog.form_key as forms on f.form_key = forms.form_key
inner join marts.dim_period as periods on f.period_key = periods.period_key
where periods.period_code = any(%(periods)s) and f.submission_id is not null
order by periods.period_code collate "C", forms.form_code collate "C", units.unit_code collate "C", f.version
