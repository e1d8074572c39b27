-- begins with window.sql: of each programme, how complete its figures are for the whole, and what the rules found in them
, indicators as (
    select
        indicator.indicator_key, indicator.programme_code, programme.name_vi, programme.name_en, programme.sort_order
    from marts.dim_indicator as indicator
    inner join catalog.programme as programme on indicator.programme_code = programme.programme_code
    where programme.pack_hash = (select pack_hash from audit.publication where number = %(number)s)
),

figures as (
    select
        indicators.programme_code, window_periods.period_key,
        sum(summary.reporting_units) as reported,
        sum(summary.expected_units) as expected
    from marts.indicator_summary as summary
    inner join indicators on summary.indicator_key = indicators.indicator_key
    inner join window_periods on summary.period_key = window_periods.period_key
    where
        summary.map = 'as_reported'
        and summary.unit_key = any(array(select unit_key from marts.dim_unit where level = 1))
    group by indicators.programme_code, window_periods.period_key
),

failures as (
    select
        indicators.programme_code, window_periods.period_key,
        sum(failure.failures_critical) as critical,
        sum(failure.failures_warning) as warning,
        count(distinct failure.unit_key) filter (where failure.failures_critical + failure.failures_warning > 0) as units
    from marts.fct_rule_failure as failure
    inner join indicators on failure.indicator_key = indicators.indicator_key
    inner join window_periods on failure.period_key = window_periods.period_key
    where failure.status in ('in_force', 'quarantined')
    group by indicators.programme_code, window_periods.period_key
),

programmes as (
    select programme_code, name_vi, name_en, sort_order, count(*) as indicators
    from indicators
    group by programme_code, name_vi, name_en, sort_order
)

select
    window_periods.period_type, programmes.programme_code, programmes.name_vi, programmes.name_en, programmes.indicators,
    jsonb_agg(
        jsonb_build_object(
            'period_code', window_periods.period_code, 'reported', figures.reported, 'expected', figures.expected,
            'completeness', round(100.0 * figures.reported / nullif(figures.expected, 0), 1),
            'critical', coalesce(failures.critical, 0), 'warning', coalesce(failures.warning, 0), 'units', coalesce(failures.units, 0)
        )
        order by window_periods.start_date
    ) as trend
from programmes
cross join window_periods
left join figures on programmes.programme_code = figures.programme_code and window_periods.period_key = figures.period_key
left join failures on programmes.programme_code = failures.programme_code and window_periods.period_key = failures.period_key
group by
    window_periods.period_type, programmes.programme_code, programmes.name_vi, programmes.name_en, programmes.sort_order,
    programmes.indicators
having sum(figures.expected) > 0 or sum(failures.critical + failures.warning) > 0
order by window_periods.period_type, programmes.sort_order
