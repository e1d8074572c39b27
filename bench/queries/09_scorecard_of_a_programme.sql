-- Scorecard of a programme: its indicators with plan, achievement and direction, one unit, one period
select i.name_vi, i.better, s.value, s.ytd_value, s.target, s.comparison, s.pct_of_target, s.yoy_pct
from marts.dim_indicator as i
inner join marts.indicator_summary as s on i.indicator_key = s.indicator_key
where i.programme_code = %(programme)s and s.unit_code = %(province)s and s.period_code = %(quarter)s and s.map = 'as_reported'
order by i.sort_order;
