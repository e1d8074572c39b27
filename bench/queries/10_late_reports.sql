-- Late reports of a month: who came after the deadline, and by how much
select u.unit_code, u.name_vi, f.form_code, s.due_at, s.received_at, s.received_at - s.due_at as late_by
from marts.fct_submission as s
inner join marts.dim_unit as u on s.unit_key = u.unit_key
inner join marts.dim_form as f on s.form_key = f.form_key
inner join marts.dim_period as p on s.period_key = p.period_key
where p.period_code = %(month)s and not s.on_time and s.status = 'in_force'
order by late_by desc
limit 100;
