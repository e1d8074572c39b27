-- Ranking of all districts in one month by one indicator
select u.name_vi, s.value, s.yoy_pct, rank() over (order by s.value desc nulls last) as place
from marts.indicator_summary as s
inner join marts.dim_unit as u on s.unit_key = u.unit_key
where s.indicator_code = %(indicator)s and s.period_code = %(month)s and s.map = 'as_reported' and s.level = 3
order by place, u.sort_order;
