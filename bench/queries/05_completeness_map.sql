-- Completeness map of a month: share of the expected reports that came, district by district
select u.unit_code, u.name_vi, s.reporting_units, s.expected_units, 100.0 * s.reporting_units / nullif(s.expected_units, 0) as completeness_pct
from marts.indicator_figure as s
inner join marts.dim_unit as u on s.unit_key = u.unit_key
where s.indicator_code = %(indicator)s and s.period_code = %(month)s and s.map = 'as_reported' and s.level = 3
order by completeness_pct, u.sort_order;
