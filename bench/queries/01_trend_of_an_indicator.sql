-- Trend of one indicator for one unit, month by month, with completeness
select s.period_code, s.value, s.ytd_value, s.same_period_value, s.reporting_units, s.expected_units
from marts.indicator_summary as s
where s.unit_code = %(unit)s and s.indicator_code = %(indicator)s and s.map = 'as_reported' and s.period_type = 'month'
order by s.period_code;
