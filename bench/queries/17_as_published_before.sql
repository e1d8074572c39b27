-- As of an earlier publication: a district's sheet as it was published then (the bench sets tonghop.publication)
select s.indicator_code, s.value, s.ytd_value
from marts.indicator_summary as s
where s.unit_code = %(district)s and s.period_code = %(month)s and s.map = 'as_reported'
order by s.indicator_code;
