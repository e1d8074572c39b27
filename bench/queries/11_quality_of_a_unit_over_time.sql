-- Quality score of one unit over time
select q.period_code, q.form_code, q.completeness_pct, q.timeliness_pct, q.correctness_pct, q.score
from marts.data_quality as q
where q.unit_code = %(unit)s
order by q.period_code, q.form_code;
