-- What was published for these periods, at every level, on the map as reported.
select
    period_code, unit_code, level, indicator_code, value, ytd_value, target, pct_of_target, same_period_value, same_period_ytd_value, yoy_abs,
    yoy_pct, reporting_units, expected_units, is_complete
from marts.indicator_summary
where period_code = any(%(periods)s) and map = 'as_reported'
order by period_code collate "C", unit_code collate "C", indicator_code collate "C"
