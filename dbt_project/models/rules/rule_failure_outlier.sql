with submissions as (
    select * from {{ ref('int_submissions_in_view') }}
),

rules as (
    select
        *,
        (params ->> 'threshold')::numeric as threshold,
        (params ->> 'minimum_points')::integer as minimum_points,
        (params ->> 'minimum_value')::numeric as minimum_value
    from {{ ref('int_rules_in_scope') }}
    where kind = 'outlier'
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }}
),

-- a running total grows for ever: its level says nothing
indicators as (
    select * from {{ ref('stg_catalog__indicators') }} where kind <> 'since'
),

mildest_rules as (
    select
        rule_scope,
        min(minimum_points) as fewest_points,
        min(threshold) as lowest_threshold,
        min(minimum_value) as lowest_value
    from rules
    group by rule_scope
),

-- materialized: only reports with enough others before them, within three years, have their figures looked at
reports_with_history as materialized (
    select
        judged.submission_id,
        judged.rule_scope,
        mildest_rules.fewest_points,
        mildest_rules.lowest_threshold,
        mildest_rules.lowest_value,
        array_agg(earlier.submission_id) as earlier_submissions
    from submissions as judged
    inner join mildest_rules on judged.rule_scope = mildest_rules.rule_scope
    inner join submissions as earlier
        on
            judged.unit_code = earlier.unit_code
            and judged.form_code = earlier.form_code
            and judged.period_type = earlier.period_type
            and earlier.start_date >= judged.start_date - interval '36 months'
            and earlier.start_date < judged.start_date
            and earlier.is_in_view
    group by
        judged.submission_id,
        judged.rule_scope,
        mildest_rules.fewest_points,
        mildest_rules.lowest_threshold,
        mildest_rules.lowest_value
    having count(*) >= mildest_rules.fewest_points
),

-- one submission after the other, and those before it from end to end: to find their figures by key takes many times as long. Where
-- neither the figure nor half of its history is as large as a rule asks for, no median can be
series as (
    select
        reports_with_history.submission_id,
        reports_with_history.rule_scope,
        reports_with_history.lowest_threshold,
        figures.*
    from reports_with_history
    cross join lateral ( -- noqa: ST05
        select
            sent.indicator_code,
            sent.breakdown_code,
            max(sent.value) filter (where sent.is_judged) as value,
            array_agg(sent.value) filter (where not sent.is_judged) as earlier_values,
            count(*) filter (where not sent.is_judged) as points
        from (
            select
                cells.indicator_code,
                cells.breakdown_code,
                cells.value,
                cells.submission_id = reports_with_history.submission_id as is_judged
            from cells
            where
                cells.submission_id = any(reports_with_history.submission_id || reports_with_history.earlier_submissions)
                and {{ without_index("cells.measure = 'value'") }}
            {{ made_once() }} -- and not for each aggregate above: whether a figure is corrected must be looked up
        ) as sent
        where {{ has_number('sent') }}
        group by sent.indicator_code, sent.breakdown_code
        having
            count(*) filter (where sent.is_judged) > 0
            and count(*) filter (where not sent.is_judged) >= reports_with_history.fewest_points
            and (
                max(abs(sent.value)) filter (where sent.is_judged) >= reports_with_history.lowest_value
                or 2 * count(*) filter (where not sent.is_judged and abs(sent.value) >= reports_with_history.lowest_value)
                >= count(*) filter (where not sent.is_judged)
            )
    ) as figures
),

series_with_median as (
    select
        series.*,
        middle.median,
        series.value - middle.median as deviation,
        abs(series.value - middle.median) * 0.6745 / series.lowest_threshold as reach
    from series
    cross join
        lateral (
            select {{ median('earlier.value') }} as median
            from unnest(series.earlier_values) as earlier (value)
        ) as middle
    {{ made_once() }}
),

-- a figure deviates by more than so many median deviations only where at least half of the earlier ones are that much nearer to the median:
-- counting these spares all others a second sort. Materialized: they are few
suspects as materialized (
    select series_with_median.*
    from series_with_median
    inner join indicators on series_with_median.indicator_code = indicators.indicator_code
    cross join
        lateral (
            select count(*) as values_near_median
            from unnest(series_with_median.earlier_values) as earlier (value)
            where
                earlier.value >= series_with_median.median - series_with_median.reach
                and earlier.value <= series_with_median.median + series_with_median.reach
        ) as near
    where series_with_median.deviation <> 0 and 2 * near.values_near_median >= series_with_median.points
),

deviations as (
    select
        suspects.*,
        spread.median_deviation,
        spread.mean_deviation
    from suspects
    cross join lateral (
        select
            {{ median('abs(earlier.value - suspects.median)') }} as median_deviation,
            avg(abs(earlier.value - suspects.median)) as mean_deviation
        from unnest(suspects.earlier_values) as earlier (value)
    ) as spread
),

-- the modified z is deviation / scale. A history without any spread has no scale: there the figure under test is counted in, and
-- its deviation itself must reach the minimum value
scales as (
    select
        *,
        case
            when median_deviation > 0 then median_deviation / 0.6745
            when mean_deviation > 0 then 1.2533 * mean_deviation
            else 1.2533 * abs(deviation) / (points + 1)
        end as scale,
        median_deviation = 0 and mean_deviation = 0 as has_no_spread
    from deviations
),

-- materialized: they are few, and only they meet the scopes of the rules and their cells
outliers as materialized (
    select * from scales
    where abs(deviation) > lowest_threshold * scale
)

select
    submissions.gate_run_id,
    rules.rule_code,
    rules.kind,
    rules.severity,
    submissions.submission_id,
    submissions.unit_code,
    submissions.form_code,
    submissions.period_code,
    own_cells.indicator_code,
    own_cells.measure,
    own_cells.sheet,
    own_cells.cell,
    outliers.value as found,
    outliers.median as expected,
    rules.threshold * outliers.scale as tolerance,
    {{ number_text('outliers.value') }} as found_text,
    {{ number_text('outliers.median') }}
    || ' (z = ' || round(outliers.deviation / outliers.scale, 1)::text || ', n = ' || outliers.points || ')' as expected_text,
    jsonb_build_array({{ cell_object('own_cells') }}) as cells
from outliers
inner join submissions on outliers.submission_id = submissions.submission_id
inner join rules on outliers.rule_scope = rules.rule_scope
inner join cells as own_cells
    on
        outliers.submission_id = own_cells.submission_id
        and outliers.indicator_code = own_cells.indicator_code
        and outliers.breakdown_code = own_cells.breakdown_code
        and own_cells.measure = 'value'
where
    outliers.points >= rules.minimum_points
    and greatest(abs(outliers.value), abs(outliers.median)) >= rules.minimum_value
    and (not outliers.has_no_spread or abs(outliers.deviation) >= rules.minimum_value)
    and abs(outliers.deviation) > rules.threshold * outliers.scale
