-- Reports of a unit: every version with its verdict
select p.period_code, f.form_code, s.version, s.status, s.verdict, s.received_at, s.on_time, s.failures_critical
from marts.fct_submission as s
inner join marts.dim_unit as u on s.unit_key = u.unit_key
inner join marts.dim_form as f on s.form_key = f.form_key
inner join marts.dim_period as p on s.period_key = p.period_key
where u.unit_code = %(unit)s
order by p.period_code desc, f.form_code, s.version;
