-- begins with window.sql and places.sql
-- the unit as it is named now, and where it stands now
, homes as (
    select distinct on (unit_code) unit_code, name_vi, name_en, parent_code, parent_vi, parent_en, place
    from units_placed
    order by unit_code, unit_key desc
),

slots_at_home as (
    select slots_timed.*, homes.parent_code
    from slots_timed
    inner join homes on slots_timed.unit_code = homes.unit_code
    where not slots_timed.is_not_due
),

points as (
    select
        period_type, period_code, start_date, parent_code, unit_code,
        grouping(parent_code) = 1 as is_whole, grouping(unit_code) = 1 as is_above_units,
        count(*) as owed,
        count(submission_id) as received,
        count(*) filter (where status = 'in_force') as in_force,
        count(*) filter (where status in ('quarantined', 'held')) as held_back,
        count(*) filter (where is_first_on_time) as first_on_time,
        count(*) filter (where is_last_on_time) as last_on_time,
        round(avg(completeness_pct), 1) as completeness,
        round(avg(score), 1) as score,
        sum(findings_critical + failures_critical) as critical,
        sum(findings_warning + failures_warning) as warning,
        max(first_days) as first_days,
        max(last_days) as last_days
    from slots_at_home
    group by
        grouping sets (
            (period_type, period_code, start_date),
            (period_type, period_code, start_date, parent_code),
            (period_type, period_code, start_date, parent_code, unit_code)
        )
),

trends as (
    select
        period_type, is_whole, is_above_units, parent_code, unit_code,
        jsonb_agg(
            jsonb_build_object(
                'period_code', period_code, 'owed', owed, 'received', received, 'in_force', in_force, 'held_back', held_back,
                'first_on_time', first_on_time, 'last_on_time', last_on_time, 'completeness', completeness, 'score', score,
                'critical', critical, 'warning', warning, 'first_days', first_days, 'last_days', last_days
            )
            order by start_date
        ) as trend
    from points
    group by period_type, is_whole, is_above_units, parent_code, unit_code
)

select
    trends.period_type,
    case when trends.is_whole then 'whole' when trends.is_above_units then 'parent' else 'unit' end as scope,
    trends.parent_code, parent.name_vi as parent_vi, parent.name_en as parent_en,
    trends.unit_code, unit.name_vi, unit.name_en, trends.trend
from trends
left join homes as parent on trends.parent_code = parent.unit_code
left join homes as unit on trends.unit_code = unit.unit_code
order by trends.period_type, not trends.is_whole, parent.place nulls first, not trends.is_above_units, unit.place
