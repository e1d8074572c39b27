-- Targets met: how many indicators of each district have reached their plan of the year
select u.name_vi, count(*) filter (where s.pct_of_target >= 100) as reached, count(s.pct_of_target) as planned
from marts.dim_unit as u
inner join marts.indicator_figure as s on u.unit_key = s.unit_key
where u.parent_code = %(province)s and s.period_code = %(month)s and s.map = 'as_reported'
group by u.name_vi, u.sort_order
order by u.sort_order;
