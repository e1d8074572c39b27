with rules as (
    select * from {{ ref('int_rules_applied') }} where kind = 'parts'
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }}
),

indicators as (
    select * from {{ ref('stg_catalog__indicators') }} where kind <> 'ratio'
),

partitions as (
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
        rules.gate_run_id,
        rules.rule_code,
        rules.severity,
        rules.submission_id,
        rules.unit_code,
        rules.form_code,
        rules.period_code,
        rules.tolerance,
        rules.tolerance_pct,
        judged.measure
    from rules
    cross join lateral unnest(case when cardinality(rules.measures) > 0 then rules.measures else array['value'] end) as judged (measure)
),

-- a part that does not apply has nothing in it; one that is blank or unreadable may have anything
sums_of_parts as (
    select
        rules_by_measure.gate_run_id,
        rules_by_measure.rule_code,
        rules_by_measure.severity,
        rules_by_measure.submission_id,
        rules_by_measure.unit_code,
        rules_by_measure.form_code,
        rules_by_measure.period_code,
        rules_by_measure.tolerance,
        rules_by_measure.tolerance_pct,
        rules_by_measure.measure,
        cells.indicator_code,
        partitions.partition_code,
        partitions.whole_code,
        partitions.precedence,
        sum(cells.value) as found,
        bool_or(cells.value < 0) as has_negative,
        count(*) filter (where {{ has_number('cells') }} or cells.state = 'not_applicable') = partitions.parts as is_complete,
        jsonb_agg({{ cell_object('cells') }} order by cells.sheet, cells.cell) as cells
    from rules_by_measure
    inner join cells on rules_by_measure.submission_id = cells.submission_id and rules_by_measure.measure = cells.measure
    inner join indicators on cells.indicator_code = indicators.indicator_code
    inner join partitions on cells.breakdown_code = partitions.part_code
    group by
        rules_by_measure.gate_run_id,
        rules_by_measure.rule_code,
        rules_by_measure.severity,
        rules_by_measure.submission_id,
        rules_by_measure.unit_code,
        rules_by_measure.form_code,
        rules_by_measure.period_code,
        rules_by_measure.tolerance,
        rules_by_measure.tolerance_pct,
        rules_by_measure.measure,
        cells.indicator_code,
        partitions.partition_code,
        partitions.whole_code,
        partitions.precedence,
        partitions.parts
    having count(cells.value) > 0
),

-- without a whole of its own, the first complete partition says what it is
sums_with_wholes as (
    select
        sums_of_parts.*,
        wholes.submission_id is not null and wholes.state <> 'blank' as has_whole,
        wholes.value as whole,
        {{ cell_object('wholes') }} as whole_cell,
        first_value(sums_of_parts.found) over of_the_same_whole as first_found,
        first_value(sums_of_parts.is_complete) over of_the_same_whole as is_first_complete
    from sums_of_parts
    left join cells as wholes
        on
            sums_of_parts.submission_id = wholes.submission_id
            and sums_of_parts.indicator_code = wholes.indicator_code
            and sums_of_parts.measure = wholes.measure
            and sums_of_parts.whole_code = wholes.breakdown_code
    window of_the_same_whole as (
        partition by
            sums_of_parts.rule_code,
            sums_of_parts.submission_id,
            sums_of_parts.indicator_code,
            sums_of_parts.measure,
            sums_of_parts.whole_code
        order by sums_of_parts.is_complete desc, sums_of_parts.precedence asc
    )
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
        case when has_whole then jsonb_build_array(whole_cell) || cells else cells end as all_cells
    from sums_with_tolerance
    where case when is_complete then abs(difference) > allowed else difference > allowed and not has_negative end
)

select
    gate_run_id,
    rule_code,
    'parts'::text as kind,
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
