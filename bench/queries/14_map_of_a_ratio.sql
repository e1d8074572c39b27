-- Map of a ratio: one rate for every commune of a month
select s.unit_code, s.value
from marts.indicator_figure as s
where s.indicator_code = %(ratio)s and s.period_code = %(month)s and s.map = 'as_reported' and s.level = 4;
