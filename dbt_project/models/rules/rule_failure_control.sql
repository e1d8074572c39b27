with submissions as (
    select * from {{ ref('int_submissions_in_view') }}
),

rules as (
    select * from {{ ref('int_rules_in_scope') }} where kind = 'control'
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }}
),

answered_cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }} or state = 'not_applicable'
),

filled_cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where state <> 'blank'
),

indicators as (
    select * from {{ ref('stg_catalog__indicators') }}
),

-- materialized: made once, and not for each submission below
partitions as materialized (
    select
        partition_code,
        whole_code,
        part_code,
        count(*) over (partition by partition_code) as parts,
        min(position) over (partition by partition_code) as precedence
    from {{ ref('stg_catalog__breakdown_parts') }}
),

-- what an indicator is reconciled with: itself, or the two figures that a ratio is computed from
parts as (
    select
        indicator_code,
        'sum' as part,
        indicator_code as part_code
    from indicators
    where kind <> 'ratio'
    union all
    select
        indicator_code,
        'numerator' as part,
        numerator_code as part_code
    from indicators
    where kind = 'ratio' and numerator_code is not null
    union all
    select
        indicator_code,
        'denominator' as part,
        denominator_code as part_code
    from indicators
    where kind = 'ratio' and denominator_code is not null
),

controls as (
    select
        {{ head_of_failure('rules', 'submissions') }},
        rules.tolerance,
        rules.tolerance_pct,
        cells.submission_id,
        cells.indicator_code,
        cells.breakdown_code,
        cells.measure,
        cells.sheet,
        cells.cell,
        cells.value
    from submissions
    inner join rules on submissions.rule_scope = rules.rule_scope
    cross join lateral (
        select cells.*
        from cells
        where
            cells.submission_id = submissions.submission_id
            and cells.role = 'control'
            and cells.measure in ('value', 'ytd')
        {{ made_once() }} -- the reports of the rule first, which are few
    ) as cells
),

-- materialized: the numbers are given once
units_with_control as materialized (
    select
        unit_code,
        period_code,
        row_number() over () as unit_number
    from controls
    group by unit_code, period_code
),

submissions_below as (
    select
        units_with_control.unit_code,
        units_with_control.period_code,
        units_with_control.unit_number,
        submissions.submission_id
    from submissions
    cross join lateral unnest(string_to_array(submissions.unit_path, '/')) as ancestor (unit_code)
    inner join units_with_control
        on submissions.period_code = units_with_control.period_code and ancestor.unit_code = units_with_control.unit_code
    where submissions.is_in_view
),

-- what was only sent in parts is the sum of all parts of the first complete partition
wholes_made_of_parts as (
    select
        submissions_below.unit_code,
        submissions_below.period_code,
        wholes.*
    from submissions_below
    cross join
        lateral (
            select distinct on (sums.indicator_code, sums.measure, sums.breakdown_code) sums.*
            from (
                select
                    cells.submission_id,
                    cells.indicator_code,
                    cells.measure,
                    partitions.whole_code as breakdown_code,
                    partitions.precedence,
                    sum(cells.value) as value
                from answered_cells as cells
                inner join partitions on cells.breakdown_code = partitions.part_code
                inner join indicators on cells.indicator_code = indicators.indicator_code and indicators.kind <> 'ratio'
                where
                    cells.submission_id = submissions_below.submission_id
                    and cells.role = 'additive'
                    and {{ without_index("cells.measure in ('value', 'ytd')") }}
                group by
                    cells.submission_id,
                    cells.indicator_code,
                    cells.measure,
                    partitions.partition_code,
                    partitions.whole_code,
                    partitions.precedence,
                    partitions.parts
                having count(*) = partitions.parts and count(cells.value) > 0
            ) as sums
            left join filled_cells as wholes
                on
                    sums.submission_id = wholes.submission_id
                    and sums.indicator_code = wholes.indicator_code
                    and sums.measure = wholes.measure
                    and sums.breakdown_code = wholes.breakdown_code
            where wholes.submission_id is null
            order by sums.indicator_code, sums.measure, sums.breakdown_code, sums.precedence
        ) as wholes
    where exists (select 1 from partitions) -- else no report is read
),

-- one report after the other, but summed in one go: the planner takes the reports below a unit for ten, and would sort their cells. A
-- number stands for unit and period, which are long to hash
sums_sent as (
    select
        submissions_below.unit_number,
        cells.breakdown_code,
        cells.indicator_code,
        cells.measure,
        sum(cells.value) as value,
        count(*) as reports
    from submissions_below
    cross join
        lateral (
            select cells.*
            from cells
            where
                cells.submission_id = submissions_below.submission_id
                and cells.role = 'additive'
                and {{ without_index("cells.measure in ('value', 'ytd')") }}
            {{ made_once() }}
        ) as cells
    group by
        submissions_below.unit_number,
        cells.breakdown_code,
        cells.indicator_code,
        cells.measure
),

-- materialized: the planner takes these few sums for one row, and would compute them again for every control
sums_below as materialized (
    select
        unit_code,
        period_code,
        breakdown_code,
        indicator_code,
        measure,
        sum(value) as value,
        sum(reports) as reports
    from (
        select
            units_with_control.unit_code,
            units_with_control.period_code,
            sums_sent.breakdown_code,
            sums_sent.indicator_code,
            sums_sent.measure,
            sums_sent.value,
            sums_sent.reports
        from sums_sent
        inner join units_with_control on sums_sent.unit_number = units_with_control.unit_number
        union all
        select
            unit_code,
            period_code,
            breakdown_code,
            indicator_code,
            measure,
            value,
            1 as reports
        from wholes_made_of_parts
    ) as sums_of_reports
    group by
        unit_code,
        period_code,
        breakdown_code,
        indicator_code,
        measure
),

-- the cumulative figure of a stock is its value. Materialized for the same reason: all keys at once meet the sums
parts_of_controls as materialized (
    select
        controls.submission_id,
        controls.rule_code,
        controls.unit_code,
        controls.period_code,
        controls.indicator_code,
        controls.breakdown_code,
        controls.measure,
        parts.part,
        parts.part_code,
        case when indicators.kind = 'flow' then controls.measure else 'value' end as part_measure
    from controls
    inner join parts on controls.indicator_code = parts.indicator_code
    inner join indicators on parts.part_code = indicators.indicator_code
),

controls_with_sums as (
    select
        parts_of_controls.submission_id,
        parts_of_controls.rule_code,
        parts_of_controls.indicator_code,
        parts_of_controls.breakdown_code,
        parts_of_controls.measure,
        max(sums_below.value) filter (where parts_of_controls.part = 'sum') as part_sum,
        max(sums_below.value) filter (where parts_of_controls.part = 'numerator') as numerator,
        max(sums_below.value) filter (where parts_of_controls.part = 'denominator') as denominator,
        max(sums_below.reports) as reports
    from parts_of_controls
    inner join sums_below
        on
            parts_of_controls.unit_code = sums_below.unit_code
            and parts_of_controls.period_code = sums_below.period_code
            and parts_of_controls.breakdown_code = sums_below.breakdown_code
            and parts_of_controls.part_code = sums_below.indicator_code
            and parts_of_controls.part_measure = sums_below.measure
    group by
        parts_of_controls.submission_id,
        parts_of_controls.rule_code,
        parts_of_controls.indicator_code,
        parts_of_controls.breakdown_code,
        parts_of_controls.measure
),

reconciled as (
    select
        controls.*,
        controls.value as found,
        coalesce(
            controls_with_sums.part_sum,
            indicators.factor * controls_with_sums.numerator / nullif(controls_with_sums.denominator, 0)
        ) as expected,
        case
            when indicators.kind = 'ratio' then {{ printed_step('controls.value') }} else {{ printed_fraction('controls.value') }}
        end as print_precision,
        controls_with_sums.reports
    from controls
    inner join indicators on controls.indicator_code = indicators.indicator_code
    inner join controls_with_sums
        on
            controls.submission_id = controls_with_sums.submission_id
            and controls.rule_code = controls_with_sums.rule_code
            and controls.indicator_code = controls_with_sums.indicator_code
            and controls.breakdown_code = controls_with_sums.breakdown_code
            and controls.measure = controls_with_sums.measure
),

reconciled_with_tolerance as (
    select
        reconciled.*,
        {{ tolerance('reconciled', 'expected', 'print_precision') }} as allowed
    from reconciled
),

failures as (
    select
        *,
        jsonb_build_array({{ cell_object('reconciled_with_tolerance') }}) as cells
    from reconciled_with_tolerance
    where abs({{ difference('found', 'expected') }}) > reconciled_with_tolerance.allowed
)

select
    gate_run_id,
    rule_code,
    kind,
    severity,
    submission_id,
    unit_code,
    form_code,
    period_code,
    indicator_code,
    measure,
    sheet,
    cell,
    found,
    expected,
    allowed as tolerance,
    {{ number_text('found') }} as found_text,
    {{ number_text('expected') }} || ' (n = ' || reports || ')' as expected_text,
    cells
from failures
