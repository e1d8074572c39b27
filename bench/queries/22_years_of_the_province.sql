-- Years of the province: yearly value of some indicators with the change against the year before
select s.indicator_code, s.year, s.value, s.yoy_abs, s.yoy_pct, s.is_complete
from marts.indicator_summary as s
inner join marts.dim_indicator as i on s.indicator_key = i.indicator_key
where s.unit_code = %(province)s and i.programme_code = %(programme)s and s.period_type = 'year' and s.map = 'as_reported'
order by i.sort_order, s.year;
