-- Drill down: the province's units one level below, one month, one indicator
select u.unit_code, u.name_vi, s.value, s.ytd_value, s.pct_of_target
from marts.dim_unit as u
inner join marts.indicator_summary as s on u.unit_key = s.unit_key
where u.parent_code = %(province)s and s.indicator_code = %(indicator)s and s.period_code = %(month)s and s.map = 'as_reported'
order by u.sort_order;
