-- Year against year: the months of two years side by side for one unit and indicator
select p.start_date, s.value as this_year, s.same_period_value as last_year, s.month_yoy_abs, s.month_yoy_pct
from marts.indicator_summary as s
inner join marts.dim_period as p on s.period_key = p.period_key
where
    s.unit_code = %(district)s and s.indicator_code = %(indicator)s and s.map = 'as_reported'
    and p.period_type = 'month' and p.year = %(year)s
order by p.start_date;
