with rules as (
    select * from {{ ref('int_rules_applied') }} where kind = 'implied_denominator'
),

rule_terms as (
    select * from {{ ref('stg_catalog__rule_terms') }}
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }}
),

-- a count and its printed rate imply the base that the rate was computed on
bases as (
    select
        rules.submission_id,
        rules.rule_code,
        rule_terms.side,
        counts.breakdown_code,
        counts.indicator_code,
        rates.sheet,
        rates.cell,
        rates.measure,
        counts.value / rates.value as base,
        -- a rate printed with few digits leaves this much of the base open
        abs(counts.value / rates.value) * {{ printed_step('rates.value') }} / abs(rates.value) as uncertainty,
        jsonb_build_array({{ cell_object('counts') }}, {{ cell_object('rates') }}) as cells
    from rules
    inner join rule_terms on rules.rule_code = rule_terms.rule_code
    inner join cells as counts
        on
            rules.submission_id = counts.submission_id
            and rule_terms.indicator_code = counts.indicator_code
            and coalesce(rule_terms.measure, 'value') = counts.measure
    inner join cells as rates
        on
            counts.submission_id = rates.submission_id
            and counts.indicator_code = rates.indicator_code
            and counts.breakdown_code = rates.breakdown_code
            and rates.measure = 'rate'
    where rates.value <> 0
),

pairs as (
    select
        rules.*,
        left_base.indicator_code,
        left_base.measure,
        left_base.sheet,
        left_base.cell,
        left_base.base as found,
        right_base.base as expected,
        left_base.uncertainty + right_base.uncertainty as uncertainty,
        left_base.cells || right_base.cells as cells
    from rules
    inner join bases as left_base
        on
            rules.submission_id = left_base.submission_id
            and rules.rule_code = left_base.rule_code
            and left_base.side = 'left'
    inner join bases as right_base
        on
            left_base.submission_id = right_base.submission_id
            and left_base.rule_code = right_base.rule_code
            and left_base.breakdown_code = right_base.breakdown_code
            and right_base.side = 'right'
),

pairs_with_tolerance as (
    select
        pairs.*,
        {{ tolerance('pairs', 'expected', 'uncertainty') }} as allowed
    from pairs
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
    {{ number_text('expected') }} as expected_text,
    cells
from pairs_with_tolerance
where abs({{ difference('found', 'expected') }}) > allowed
