-- Reads its sources itself: a view that a deployment replaces would take this one with it for a moment.
with criteria as (
    select * from {{ published_rows(ref('dim_quality_criterion')) }}
),

units as (
    select * from {{ published_rows(ref('dim_unit')) }}
),

indicators as (
    select * from {{ published_rows(ref('dim_indicator')) }}
),

periods as (
    select
        period_key,
        period_code,
        period_type,
        year,
        start_date,
        end_date
    from {{ published_rows(ref('dim_period')) }}
),

duties as (
    select * from {{ published_rows(ref('fct_reporting_duty')) }}
),

submissions as (
    select * from {{ published_rows(ref('fct_submission')) }}
    where status <> 'withdrawn'
),

-- what was not due, or not over, when the figures were published is nobody's failure
seen as (
    select coalesce(max(published_at), now()) as at
    from {{ source('audit', 'publication') }}
    where number = (select warehouse.visible_publication())
),

aggregates as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
    where map <> 'today'
),

-- figures of units at every level on the map of their time. What a reader may not see is not measured for that reader
values_of_units as (
    select
        figures.unit_key,
        units.unit_code,
        units.parent_code,
        figures.indicator_key,
        figures.period_key,
        periods.period_code,
        periods.period_type,
        periods.year,
        periods.start_date,
        periods.end_date,
        {{ shown('figures', 'value') }} as value,
        figures.reporting_units,
        figures.expected_units,
        figures.ytd_reports,
        figures.ytd_expected_reports
    from aggregates as figures
    inner join periods on figures.period_key = periods.period_key
    inner join units on figures.unit_key = units.unit_key
),

figures as (
    select
        values_of_units.*,
        indicators.indicator_code,
        indicators.kind
    from values_of_units
    inner join indicators on values_of_units.indicator_key = indicators.indicator_key
),

-- 1. Reports: of each that was due, whether it came and whether in time, counted for every unit above
first_versions as (
    select
        unit_key,
        period_key,
        form_key,
        min(received_at) as received_at
    from submissions
    group by unit_key, period_key, form_key
),

reports_counted as (
    select
        branch_units.unit_key,
        branch_units.unit_code,
        branch_units.parent_code,
        judged_periods.period_key,
        judged_periods.period_code,
        judged_periods.period_type,
        judged_periods.start_date,
        judged_periods.end_date,
        count(*) as expected,
        count(first_versions.received_at) as received,
        count(*) filter (where first_versions.received_at <= duties.due_at) as on_time
    from duties
    inner join units on duties.unit_key = units.unit_key
    inner join periods on duties.period_key = periods.period_key
    inner join periods as judged_periods
        on
            periods.year = judged_periods.year
            and (periods.period_key = judged_periods.period_key or judged_periods.period_type = 'year')
    cross join lateral unnest(string_to_array(units.path, '/')) as branch (unit_code)
    inner join units as branch_units
        on
            branch.unit_code = branch_units.unit_code
            and judged_periods.end_date >= branch_units.valid_from
            and judged_periods.end_date < branch_units.valid_to
    left join first_versions
        on
            duties.unit_key = first_versions.unit_key
            and duties.period_key = first_versions.period_key
            and duties.form_key = first_versions.form_key
    where
        duties.due_at <= (select seen.at from seen)
    group by
        branch_units.unit_key,
        branch_units.unit_code,
        branch_units.parent_code,
        judged_periods.period_key,
        judged_periods.period_code,
        judged_periods.period_type,
        judged_periods.start_date,
        judged_periods.end_date
),

reports_with_history as (
    select
        *,
        100.0 * received / expected as completeness_pct,
        array_agg(100.0 * received / expected) over (
            partition by unit_code, period_type
            order by start_date
            rows between unbounded preceding and 1 preceding
        ) as earlier_pct
    from reports_counted
),

reports_against_their_history as (
    select
        reports.*,
        criteria.profile_code,
        criteria.profile_version,
        criteria.metric,
        criteria.pair_code,
        criteria.threshold,
        criteria.minimum_points,
        base.points,
        reports.completeness_pct / nullif(base.mean, 0) as ratio
    from reports_with_history as reports
    inner join criteria on {{ criterion_holds('criteria', 'reports') }}
    cross join
        lateral (
            select
                count(*)::integer as points,
                avg(earlier.pct) as mean
            from unnest(
                reports.earlier_pct[greatest(1, cardinality(reports.earlier_pct) - criteria.base_periods + 1):]
            ) as earlier (pct)
        ) as base
    where criteria.metric in ('report_completeness', 'timeliness', 'completeness_consistency')
),

-- each unit twice: in its own family as the head, and in that of the unit above
reports_in_families as (
    select
        reports.*,
        families.is_head,
        max(reports.ratio) filter (where families.is_head) over (
            partition by families.head_code, reports.period_key, reports.profile_code, reports.metric
        ) as ratio_above
    from reports_against_their_history as reports
    cross join lateral (values (reports.unit_code, true), (reports.parent_code, false)) as families (head_code, is_head)
),

metrics_of_reports as (
    select
        profile_code,
        profile_version,
        period_type,
        metric,
        pair_code,
        unit_key,
        unit_code,
        null::integer as indicator_key,
        null::text as indicator_code,
        null::text as other_indicator_code,
        period_key,
        period_code,
        case metric
            when 'report_completeness' then completeness_pct
            when 'timeliness' then 100.0 * on_time / expected
            else 100 * (ratio / nullif(ratio_above, 0) - 1)
        end as value,
        null::numeric as score,
        threshold,
        case when metric = 'completeness_consistency' then points else expected end::integer as points,
        minimum_points
    from reports_in_families
    where not is_head
),

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

-- 2. Series: a year is measured by its own months (or quarters), a shorter period by those before it, itself not among them
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
                (percentile_cont(0.5) within group (order by base.value))::numeric as median
            from unnest(series.spread_base) as base (value)
        ) as spread
    cross join
        lateral (
            select
                (percentile_cont(0.5) within group (order by abs(base.value - spread.median)))::numeric as median_deviation,
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
),

metrics_of_answers as (
    select
        criteria.profile_code,
        criteria.profile_version,
        figures.period_type,
        criteria.metric,
        criteria.pair_code,
        figures.unit_key,
        figures.unit_code,
        figures.indicator_key,
        figures.indicator_code,
        null::text as other_indicator_code,
        figures.period_key,
        figures.period_code,
        case when figures.end_date < (select seen.at from seen) then 100.0 * answers.given / nullif(answers.expected, 0) end as value,
        null::numeric as score,
        criteria.threshold,
        answers.expected as points,
        criteria.minimum_points
    from figures
    inner join criteria on {{ criterion_holds('criteria', 'figures') }}
    cross join
        lateral (
            values (
                case when figures.period_type = 'year' then figures.ytd_reports else figures.reporting_units end,
                case when figures.period_type = 'year' then figures.ytd_expected_reports else figures.expected_units end
            )
        ) as answers (given, expected)
    where criteria.metric = 'indicator_completeness'
),

-- 3. Pairs of indicators of one unit and period
metrics_of_pairs as (
    select
        criteria.profile_code,
        criteria.profile_version,
        a.period_type,
        criteria.metric,
        criteria.pair_code,
        a.unit_key,
        a.unit_code,
        a.indicator_key,
        a.indicator_code,
        others.indicator_code as other_indicator_code,
        a.period_key,
        a.period_code,
        case criteria.metric
            when 'dropout' then 100 * (a.value - b.value) / nullif(a.value, 0)
            when 'related_to_parent' then 100 * (a.value / nullif(b.value, 0) / nullif(parents.ratio, 0) - 1)
            else 100 * (a.value / nullif(b.value, 0) - 1)
        end as value,
        null::numeric as score,
        criteria.threshold,
        num_nonnulls(a.value, b.value) as points,
        criteria.minimum_points
    from figures as a
    inner join criteria
        on
            a.indicator_code = criteria.a_indicator_code
            and {{ criterion_holds('criteria', 'a') }}
    inner join indicators as others on criteria.b_indicator_code = others.indicator_code
    cross join
        lateral (
            select sum(beside.value) as value
            from values_of_units as beside
            where
                beside.period_key = a.period_key
                and beside.indicator_key = others.indicator_key
                and beside.unit_key = a.unit_key
        ) as b
    cross join
        lateral (
            select
                sum(above.value) filter (where above.indicator_key = a.indicator_key)
                / nullif(sum(above.value) filter (where above.indicator_key = others.indicator_key), 0) as ratio
            from values_of_units as above
            where
                criteria.metric = 'related_to_parent'
                and above.period_key = a.period_key
                and above.indicator_key in (a.indicator_key, others.indicator_key)
                and above.unit_code = a.parent_code
        ) as parents
),

metrics as (
    select * from metrics_of_reports
    union all
    select * from metrics_of_series
    union all
    select * from metrics_of_answers
    union all
    select * from metrics_of_pairs
),

metrics_judged as (
    select
        profile_code,
        profile_version,
        period_type,
        metric,
        pair_code,
        unit_key,
        unit_code,
        indicator_key,
        indicator_code,
        other_indicator_code,
        period_key,
        period_code,
        value,
        score,
        threshold,
        points,
        minimum_points,
        case
            when value is null or points < minimum_points then 'cannot_judge'
            when
                case
                    when metric in ('report_completeness', 'timeliness', 'indicator_completeness', 'dropout') then value >= threshold
                    when metric = 'related_at_least' then value >= -threshold
                    when metric in ('extreme_outliers', 'moderate_outliers', 'modified_outliers') then value < threshold
                    else abs(value) <= threshold
                end
                then 'pass'
            else 'fail'
        end as judgement
    from metrics
)

select * from metrics_judged
