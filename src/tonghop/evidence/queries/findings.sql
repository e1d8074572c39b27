-- What intake found in these submissions.
select
    f.finding_id, f.submission_id, s.unit_code, s.form_code, s.period_code, s.version, f.code, f.severity, f.sheet, f.cell, f.indicator_code,
    f.found, f.expected, f.text_vi, f.text_en
from staging.finding as f
inner join staging.submission as s on f.submission_id = s.submission_id
where s.period_code = any(%(periods)s) and s.first_seen_at <= %(published_at)s
order by f.finding_id
