-- Latest month of each indicator that a unit has a figure for
select distinct on (s.indicator_key) s.indicator_code, s.period_code, s.value
from marts.indicator_figure as s
where s.unit_code = %(unit)s and s.map = 'as_reported' and s.period_type = 'month' and s.year = %(year)s and s.value is not null
order by s.indicator_key, s.period_code desc;
