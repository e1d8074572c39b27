-- Each commune against the mean of its district, one indicator and month
select u.unit_code, u.name_vi, s.value, avg(s.value) over () as mean_of_the_district, s.value - avg(s.value) over () as above_the_mean
from marts.dim_unit as u
inner join marts.indicator_summary as s on u.unit_key = s.unit_key
where u.parent_code = %(district)s and s.indicator_code = %(indicator)s and s.period_code = %(month)s and s.map = 'as_reported'
order by s.value desc nulls last;
