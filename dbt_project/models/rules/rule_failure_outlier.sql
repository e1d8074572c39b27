with rules as (
    select
        *,
        (params ->> 'threshold')::numeric as threshold,
        (params ->> 'minimum_points')::integer as minimum_points,
        (params ->> 'minimum_value')::numeric as minimum_value
    from {{ ref('int_rules_applied') }}
    where kind = 'outlier'
),

submissions as (
    select * from {{ ref('int_submissions_in_view') }}
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }} and measure = 'value'
),

-- a running total grows for ever: its level says nothing
indicators as (
    select * from {{ ref('stg_catalog__indicators') }} where kind <> 'since'
),

judged_series as (
    select
        unit_code,
        form_code,
        min(minimum_points) as fewest_points,
        min(threshold) as lowest_threshold
    from rules
    group by unit_code, form_code
),

-- each figure with those of the three years before; the one under test is not part of its own measure
figures as (
    select
        submissions.gate_run_id,
        submissions.submission_id,
        cells.indicator_code,
        cells.breakdown_code,
        cells.value,
        judged_series.fewest_points,
        judged_series.lowest_threshold,
        array_agg(cells.value) filter (where submissions.is_in_view) over (
            partition by
                submissions.unit_code, submissions.form_code, submissions.period_type, cells.indicator_code, cells.breakdown_code
            order by submissions.start_date
            range between interval '36 months' preceding and interval '1 day' preceding
        ) as earlier_values
    from submissions
    inner join judged_series
        on submissions.unit_code = judged_series.unit_code and submissions.form_code = judged_series.form_code
    inner join cells on submissions.submission_id = cells.submission_id
    inner join indicators on cells.indicator_code = indicators.indicator_code
),

figures_with_enough_history as (
    select
        *,
        cardinality(earlier_values) as points
    from figures
    where gate_run_id is not null and cardinality(earlier_values) >= fewest_points
),

deviations as (
    select
        figures_with_enough_history.submission_id,
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

-- materialized: the planner takes the rules for one row, and would measure all figures anew for each report
outliers as materialized (
    select * from scales
    where abs(deviation) > lowest_threshold * scale
)

select
    rules.gate_run_id,
    rules.rule_code,
    rules.kind,
    rules.severity,
    rules.submission_id,
    rules.unit_code,
    rules.form_code,
    rules.period_code,
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
from rules
inner join outliers on rules.submission_id = outliers.submission_id
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
