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
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }} and measure = 'value'
),

-- a running total grows for ever: its level says nothing
indicators as (
    select * from {{ ref('stg_catalog__indicators') }} where kind <> 'since'
),

mildest_rules as (
    select
        rule_scope,
        min(minimum_points) as fewest_points,
        min(threshold) as lowest_threshold
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
    group by judged.submission_id, judged.rule_scope, mildest_rules.fewest_points, mildest_rules.lowest_threshold
    having count(*) >= mildest_rules.fewest_points
),

-- one submission after the other, each figure with the earlier ones of its unit
figures_with_enough_history as (
    select
        reports_with_history.submission_id,
        reports_with_history.rule_scope,
        reports_with_history.lowest_threshold,
        series.*
    from reports_with_history
    cross join lateral (
        select
            cells.indicator_code,
            cells.breakdown_code,
            cells.value,
            array_agg(earlier.value) as earlier_values,
            count(*) as points
        from cells
        inner join indicators on cells.indicator_code = indicators.indicator_code
        inner join cells as earlier
            on cells.indicator_code = earlier.indicator_code and cells.breakdown_code = earlier.breakdown_code
        where
            cells.submission_id = reports_with_history.submission_id
            and earlier.submission_id = any(reports_with_history.earlier_submissions)
        group by cells.indicator_code, cells.breakdown_code, cells.value
        having count(*) >= reports_with_history.fewest_points
    ) as series
),

deviations as (
    select
        figures_with_enough_history.submission_id,
        figures_with_enough_history.rule_scope,
        figures_with_enough_history.indicator_code,
        figures_with_enough_history.breakdown_code,
        figures_with_enough_history.value,
        figures_with_enough_history.points,
        figures_with_enough_history.lowest_threshold,
        middle.median,
        figures_with_enough_history.value - middle.median as deviation,
        spread.median_deviation,
        spread.mean_deviation
    from figures_with_enough_history
    cross join
        lateral (
            select (percentile_cont(0.5) within group (order by earlier.value))::numeric as median
            from unnest(figures_with_enough_history.earlier_values) as earlier (value)
        ) as middle
    cross join lateral (
        select
            (percentile_cont(0.5) within group (order by abs(earlier.value - middle.median)))::numeric as median_deviation,
            avg(abs(earlier.value - middle.median)) as mean_deviation
        from unnest(figures_with_enough_history.earlier_values) as earlier (value)
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
    where deviation <> 0
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
where
    outliers.points >= rules.minimum_points
    and greatest(abs(outliers.value), abs(outliers.median)) >= rules.minimum_value
    and (not outliers.has_no_spread or abs(outliers.deviation) >= rules.minimum_value)
    and abs(outliers.deviation) > rules.threshold * outliers.scale
