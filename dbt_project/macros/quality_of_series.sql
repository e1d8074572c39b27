{# CTEs of marts__quality_metric: how a figure lies among those of its unit and indicator before it, or a year among its own months.
   They read `criteria` and `figures`; metrics_of_series is what they are for. #}
{% macro quality_of_series() -%}
profiles as (
    select distinct
        profile_code,
        profile_version,
        period_type,
        base_periods,
        valid_from,
        valid_to
    from criteria
),

-- a year is measured by its own months (or quarters), a shorter period by those before it, itself not among them
measured as (
    select
        figures.*,
        profiles.profile_code,
        profiles.profile_version,
        profiles.base_periods
    from figures
    inner join profiles on {{ criterion_holds('profiles', 'figures') }}
    where figures.kind <> 'since'
),

years_with_parts as (
    select
        years.unit_code,
        years.indicator_key,
        years.year,
        years.value,
        coalesce(parts.months, parts.quarters) as part_values,
        coalesce(cardinality(parts.months) = 12, cardinality(parts.quarters) = 4, false) as is_full
    from values_of_units as years
    cross join
        lateral (
            select
                array_agg(parts.value) filter (where parts.period_type = 'month') as months,
                array_agg(parts.value) filter (where parts.period_type = 'quarter') as quarters
            from values_of_units as parts
            where
                years.unit_code = parts.unit_code
                and years.indicator_key = parts.indicator_key
                and years.year = parts.year
                and parts.period_type in ('month', 'quarter')
                and parts.value is not null
        ) as parts
    where years.period_type = 'year'
),

series as (
    select
        measured.*,
        own.part_values as tested,
        own.part_values as spread_base,
        case when own.is_full then earlier.yearly_values end as level_base
    from measured
    inner join years_with_parts as own
        on
            measured.unit_code = own.unit_code
            and measured.indicator_key = own.indicator_key
            and measured.year = own.year
    cross join
        lateral (
            select array_agg(before.value) as yearly_values
            from years_with_parts as before
            where
                measured.unit_code = before.unit_code
                and measured.indicator_key = before.indicator_key
                and before.year between measured.year - measured.base_periods and measured.year - 1
                and before.is_full
        ) as earlier
    where measured.period_type = 'year'
    union all
    select
        measured.*,
        array[measured.value] as tested,
        earlier.period_values as spread_base,
        earlier.period_values as level_base
    from measured
    cross join
        lateral (
            select array_agg(before.value) as period_values
            from values_of_units as before
            where
                measured.unit_code = before.unit_code
                and measured.indicator_key = before.indicator_key
                and measured.period_type = before.period_type
                and before.start_date < measured.start_date
                and before.start_date >= measured.start_date - measured.base_periods * {{ length_of('measured') }}
                and before.value is not null
        ) as earlier
    where measured.period_type <> 'year'
),

-- the modified z is deviation / scale. Without a median deviation the mean one is the scale; without any, the figure under test counts in
spreads as (
    select
        series.*,
        spread.points,
        spread.mean,
        spread.deviation,
        spread.median,
        case
            when scale.median_deviation > 0 then scale.median_deviation / 0.6745
            when scale.mean_deviation > 0 then 1.2533 * scale.mean_deviation
            else 1.2533 * abs(series.tested[1] - spread.median) / (spread.points + 1)
        end as scale,
        level.points as level_points,
        level.mean as level
    from series
    cross join
        lateral (
            select
                count(*)::integer as points,
                avg(base.value) as mean,
                stddev_samp(base.value) as deviation,
                {{ median('base.value') }} as median
            from unnest(series.spread_base) as base (value)
        ) as spread
    cross join
        lateral (
            select
                {{ median('abs(base.value - spread.median)') }} as median_deviation,
                avg(abs(base.value - spread.median)) as mean_deviation
            from unnest(series.spread_base) as base (value)
        ) as scale
    cross join
        lateral (
            select
                count(*)::integer as points,
                avg(base.value) as mean
            from unnest(series.level_base) as base (value)
        ) as level
),

metrics_of_series as (
    select
        spreads.profile_code,
        spreads.profile_version,
        spreads.period_type,
        criteria.metric,
        criteria.pair_code,
        spreads.unit_key,
        spreads.unit_code,
        spreads.indicator_key,
        spreads.indicator_code,
        null::text as other_indicator_code,
        spreads.period_key,
        spreads.period_code,
        case criteria.metric
            when 'consistency_over_time' then 100 * (spreads.value / nullif(spreads.level, 0) - 1)
            when 'extreme_outliers' then outliers.beyond
            when 'moderate_outliers' then outliers.beyond - outliers.far_beyond
            when 'modified_outliers' then outliers.beyond_modified
        end as value,
        case
            when criteria.metric = 'modified_outliers' then outliers.modified_score
            when criteria.metric in ('extreme_outliers', 'moderate_outliers') then outliers.score
        end as score,
        criteria.threshold,
        case
            when criteria.metric = 'consistency_over_time' then spreads.level_points
            when spreads.tested[1] is null then 0
            else spreads.points
        end as points,
        criteria.minimum_points
    from spreads
    inner join criteria
        on
            spreads.profile_code = criteria.profile_code
            and spreads.profile_version = criteria.profile_version
            and criteria.metric in ('consistency_over_time', 'extreme_outliers', 'moderate_outliers', 'modified_outliers')
    cross join
        lateral (
            select
                count(*) filter (where abs(each.value - spreads.mean) > criteria.deviations * spreads.deviation) as beyond,
                count(*) filter (where abs(each.value - spreads.mean) > criteria.up_to_deviations * spreads.deviation) as far_beyond,
                count(*) filter (where abs(each.value - spreads.median) > criteria.deviations * spreads.scale) as beyond_modified,
                max(abs(each.value - spreads.mean) / nullif(spreads.deviation, 0)) as score,
                max(abs(each.value - spreads.median) / nullif(spreads.scale, 0)) as modified_score
            from unnest(spreads.tested) as each (value)
            where greatest(abs(each.value), abs(spreads.median)) >= criteria.minimum_value
        ) as outliers
){%- endmacro %}
