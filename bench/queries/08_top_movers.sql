-- Top movers: the ten indicators of a district that changed most against the year before
select i.name_vi, s.ytd_value, s.same_period_ytd_value, s.yoy_abs, s.yoy_pct
from marts.indicator_summary as s
inner join marts.dim_indicator as i on s.indicator_key = i.indicator_key
where s.unit_code = %(district)s and s.period_code = %(month)s and s.map = 'as_reported' and s.yoy_pct is not null
order by abs(s.yoy_pct) desc
limit 10;
