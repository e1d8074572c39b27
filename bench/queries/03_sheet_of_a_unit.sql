-- Sheet of a unit: every indicator of one month, in the order of the printed report
select i.name_vi, i.unit_of_measure, s.value, s.ytd_value, s.target, s.pct_of_target, s.same_period_ytd_value, s.yoy_pct
from marts.indicator_summary as s
inner join marts.dim_indicator as i on s.indicator_key = i.indicator_key
where s.unit_code = %(unit)s and s.period_code = %(month)s and s.map = 'as_reported'
order by i.sort_order;
