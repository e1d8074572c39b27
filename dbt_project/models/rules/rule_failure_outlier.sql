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
    select * from {{ ref('stg_submissions__cells') }} where {{ has_number() }} and measure = 'value'
),

-- a running total grows for ever: its level says nothing
indicators as (
    select * from {{ ref('stg_catalog__indicators') }} where kind <> 'since'
),

fewest_points as (
    select
        submission_id,
        min(minimum_points) as points
    from rules
    group by submission_id
),

-- the same figure in the three years before; the one under test is not part of its own measure
histories as (
    select
        own.submission_id,
        own_cells.indicator_code,
        own_cells.breakdown_code,
        own_cells.value,
        count(*) as points,
        array_agg(earlier_cells.value) as earlier_values,
        (percentile_cont(0.5) within group (order by earlier_cells.value))::numeric as median
    from submissions as own
    inner join fewest_points on own.submission_id = fewest_points.submission_id
    inner join submissions as earlier
        on
            own.unit_code = earlier.unit_code
            and own.form_code = earlier.form_code
            and own.period_type = earlier.period_type
            and earlier.is_in_view
            and earlier.start_date < own.start_date
            and earlier.start_date >= own.start_date - interval '36 months'
    inner join cells as own_cells on own.submission_id = own_cells.submission_id
    inner join indicators on own_cells.indicator_code = indicators.indicator_code
    inner join cells as earlier_cells
        on
            earlier.submission_id = earlier_cells.submission_id
            and own_cells.indicator_code = earlier_cells.indicator_code
            and own_cells.breakdown_code = earlier_cells.breakdown_code
    group by own.submission_id, own_cells.indicator_code, own_cells.breakdown_code, own_cells.value
    having count(*) >= min(fewest_points.points)
),

deviations as (
    select
        histories.submission_id,
        histories.indicator_code,
        histories.breakdown_code,
        histories.value,
        histories.points,
        histories.median,
        histories.value - histories.median as deviation,
        spread.median_deviation,
        spread.mean_deviation
    from histories
    cross join lateral (
        select
            (percentile_cont(0.5) within group (order by abs(earlier.value - histories.median)))::numeric as median_deviation,
            avg(abs(earlier.value - histories.median)) as mean_deviation
        from unnest(histories.earlier_values) as earlier (value)
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
    scales.value as found,
    scales.median as expected,
    rules.threshold * scales.scale as tolerance,
    {{ number_text('scales.value') }} as found_text,
    {{ number_text('scales.median') }} || ' (z = ' || round(scales.deviation / scales.scale, 1)::text || ', n = ' || scales.points || ')'
        as expected_text,
    jsonb_build_array({{ cell_object('own_cells') }}) as cells
from rules
inner join scales on rules.submission_id = scales.submission_id
inner join cells as own_cells
    on
        scales.submission_id = own_cells.submission_id
        and scales.indicator_code = own_cells.indicator_code
        and scales.breakdown_code = own_cells.breakdown_code
where
    scales.points >= rules.minimum_points
    and greatest(abs(scales.value), abs(scales.median)) >= rules.minimum_value
    and (not scales.has_no_spread or abs(scales.deviation) >= rules.minimum_value)
    and abs(scales.deviation) > rules.threshold * scales.scale
