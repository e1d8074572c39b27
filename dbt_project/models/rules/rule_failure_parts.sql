with submissions as (
    select * from {{ ref('int_submissions_in_view') }} where gate_run_id is not null
),

rules as (
    select * from {{ ref('int_rules_in_scope') }} where kind = 'parts'
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }}
),

indicators as (
    select * from {{ ref('stg_catalog__indicators') }} where kind <> 'ratio'
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

rules_by_measure as (
    select
        rules.rule_scope,
        rules.rule_code,
        rules.kind,
        rules.severity,
        rules.tolerance,
        rules.tolerance_pct,
        judged.measure
    from rules
    cross join lateral unnest(case when cardinality(rules.measures) > 0 then rules.measures else array['value'] end) as judged (measure)
),

-- one submission after the other. A part that does not apply has nothing in it; one that is blank or unreadable may have anything.
-- Without a whole of its own, the first complete partition says what it is
sums_with_wholes as (
    select
        {{ head_of_failure('rules_by_measure', 'submissions') }},
        rules_by_measure.tolerance,
        rules_by_measure.tolerance_pct,
        rules_by_measure.measure,
        submissions.submission_id,
        sums.*
    from submissions
    inner join rules_by_measure on submissions.rule_scope = rules_by_measure.rule_scope
    cross join lateral ( -- noqa: ST05
        -- materialized: whether a figure is corrected is looked up once
        with figures as materialized (
            select
                cells.indicator_code,
                cells.breakdown_code,
                cells.state,
                cells.value
            from cells
            inner join indicators on cells.indicator_code = indicators.indicator_code
            where cells.submission_id = submissions.submission_id and cells.measure = rules_by_measure.measure
        ),

        sums_of_parts as (
            select
                figures.indicator_code,
                partitions.partition_code,
                partitions.whole_code,
                partitions.precedence,
                sum(figures.value) as found,
                bool_or(figures.value < 0) as has_negative,
                count(*) filter (where {{ has_number('figures') }} or figures.state = 'not_applicable') = partitions.parts as is_complete
            from figures
            inner join partitions on figures.breakdown_code = partitions.part_code
            group by
                figures.indicator_code,
                partitions.partition_code,
                partitions.whole_code,
                partitions.precedence,
                partitions.parts
            having count(figures.value) > 0
        )

        select
            sums_of_parts.*,
            wholes.state is not null and wholes.state <> 'blank' as has_whole,
            wholes.value as whole,
            first_value(sums_of_parts.found) over of_the_same_whole as first_found,
            first_value(sums_of_parts.is_complete) over of_the_same_whole as is_first_complete
        from sums_of_parts
        left join figures as wholes
            on
                sums_of_parts.indicator_code = wholes.indicator_code
                and sums_of_parts.whole_code = wholes.breakdown_code
        window of_the_same_whole as (
            partition by sums_of_parts.indicator_code, sums_of_parts.whole_code
            order by sums_of_parts.is_complete desc, sums_of_parts.precedence asc
        )
    ) as sums
),

sums_with_expectation as (
    select
        *,
        case when has_whole then whole when is_first_complete then first_found end as expected
    from sums_with_wholes
),

sums_with_tolerance as (
    select
        sums_with_expectation.*,
        {{ difference('found', 'expected') }} as difference,
        {{ tolerance('sums_with_expectation', 'expected') }} as allowed
    from sums_with_expectation
),

-- the parts that are known may fall short of the whole while others are not; more than the whole they cannot be
failures as (
    select
        *,
        (
            select
                jsonb_agg(
                    {{ cell_object('cells') }} order by cells.breakdown_code <> sums_with_tolerance.whole_code, cells.sheet, cells.cell
                )
            from cells
            where
                cells.submission_id = sums_with_tolerance.submission_id
                and cells.indicator_code = sums_with_tolerance.indicator_code
                and cells.measure = sums_with_tolerance.measure
                and (
                    (sums_with_tolerance.has_whole and cells.breakdown_code = sums_with_tolerance.whole_code)
                    or cells.breakdown_code in (
                        select partitions.part_code
                        from partitions
                        where partitions.partition_code = sums_with_tolerance.partition_code
                    )
                )
        ) as all_cells
    from sums_with_tolerance
    where case when is_complete then abs(difference) > allowed else difference > allowed and not has_negative end
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
    all_cells -> 0 ->> 'sheet' as sheet,
    nullif(all_cells -> 0 ->> 'cell', '') as cell,
    found,
    expected,
    allowed as tolerance,
    {{ number_text('found') }} || ' (' || partition_code || ')' as found_text,
    case when is_complete then '= ' else '<= ' end || {{ number_text('expected') }} as expected_text,
    all_cells as cells
from failures
