-- Quality of a month: reports by status, form by form
select q.form_code, q.status, count(*) as reports, avg(q.score) as mean_score
from marts.data_quality as q
where q.period_code = %(month)s
group by q.form_code, q.status
order by q.form_code, q.status;
