-- Drill down: the communes of a district over the months of a year, one indicator
select u.unit_code, u.name_vi, s.period_code, s.value
from marts.dim_unit as u
inner join marts.indicator_figure as s on u.unit_key = s.unit_key
where
    u.parent_code = %(district)s and s.indicator_code = %(indicator)s and s.map = 'as_reported'
    and s.year = %(year)s and s.period_type = 'month'
order by u.sort_order, s.period_code;
