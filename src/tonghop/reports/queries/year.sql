-- The metrics of a year: of the whole, and how many of the units right below it pass. The view is read once, for these units alone.
with judged as (
    select metric.*, unit.level, unit.name_vi, unit.name_en, unit.sort_order
    from marts.quality_metric as metric
    inner join marts.dim_unit as unit on metric.unit_key = unit.unit_key
    where metric.period_code = %(year)s and metric.unit_key = any(%(units)s)
),

counted as (
    select
        profile_code, profile_version, metric, pair_code, indicator_key, indicator_code, other_indicator_code,
        max(threshold) as threshold,
        max(minimum_points) as minimum_points,
        max(value) filter (where level = 1) as value,
        max(points) filter (where level = 1) as points,
        max(judgement) filter (where level = 1) as judgement,
        count(*) filter (where level = 2 and judgement = 'pass') as passed,
        count(*) filter (where level = 2 and judgement = 'fail') as failed,
        count(*) filter (where level = 2 and judgement = 'cannot_judge') as not_judged,
        count(*) filter (where level = 2 and judgement = 'cannot_judge' and points < minimum_points) as too_few_points,
        coalesce(
            jsonb_agg(
                jsonb_build_object('unit_code', unit_code, 'name_vi', name_vi, 'name_en', name_en, 'value', round(value, 1))
                order by sort_order, unit_code
            ) filter (where level = 2 and judgement = 'fail'),
            '[]'
        ) as failing
    from judged
    group by profile_code, profile_version, metric, pair_code, indicator_key, indicator_code, other_indicator_code
)

select
    counted.profile_code, counted.profile_version, profile.name_vi as profile_vi, profile.name_en as profile_en, profile.source,
    counted.metric, counted.pair_code, counted.indicator_code, counted.other_indicator_code,
    counted.threshold, counted.minimum_points, counted.value, counted.points, counted.judgement,
    counted.passed, counted.failed, counted.not_judged, counted.too_few_points, counted.failing
from counted
inner join catalog.quality_profile as profile
    on
        profile.pack_hash = (select pack_hash from audit.publication where number = %(number)s)
        and counted.profile_code = profile.profile_code
        and counted.profile_version = profile.version
left join marts.dim_indicator as indicator on counted.indicator_key = indicator.indicator_key
order by counted.profile_code, counted.metric, counted.pair_code, indicator.sort_order nulls first
