with rules as (
    select
        *,
        coalesce(params ->> 'percentage', 'rate') as percentage
    from {{ ref('int_rules_applied') }}
    where kind = 'implied_denominator'
),

rule_terms as (
    select * from {{ ref('stg_catalog__rule_terms') }}
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }}
),

term_counts as (
    select
        rule_code,
        side,
        count(*) as terms
    from rule_terms
    group by rule_code, side
),

figures as (
    select
        rules.submission_id,
        rules.rule_code,
        rules.gate_run_id,
        rules.kind,
        rules.severity,
        rules.unit_code,
        rules.form_code,
        rules.period_code,
        rules.tolerance,
        rules.tolerance_pct,
        rule_terms.side,
        rule_terms.position,
        rule_terms.weight,
        {{ breakdown_compared('rule_terms', 'counts') }} as breakdown_code,
        rates.indicator_code,
        rates.measure,
        rates.sheet,
        rates.cell,
        counts.value,
        -- a change of 6 % is 106 % of the base
        rates.value + case when rules.percentage = 'change_pct' then 100 else 0 end as percent,
        {{ printed_step_of_percentage('rates') }} as step,
        {{ cell_object('counts') }} as count_cell,
        {{ cell_object('rates') }} as rate_cell
    from rules
    inner join rule_terms on rules.rule_code = rule_terms.rule_code
    inner join cells as counts
        on
            rules.submission_id = counts.submission_id
            and rule_terms.indicator_code = counts.indicator_code
            and coalesce(rule_terms.measure, 'value') = counts.measure
            and {{ is_breakdown_of_term('rule_terms', 'counts') }}
    inner join cells as rates
        on
            counts.submission_id = rates.submission_id
            and counts.indicator_code = rates.indicator_code
            and counts.breakdown_code = rates.breakdown_code
            and rules.percentage = rates.measure
),

-- a count and its printed percentage imply the base that the percentage was computed on; the printed digits leave some of it open
bases as (
    select
        submission_id,
        rule_code,
        gate_run_id,
        kind,
        severity,
        unit_code,
        form_code,
        period_code,
        tolerance,
        tolerance_pct,
        side,
        breakdown_code,
        count(*) as terms,
        sum(weight * 100 * value / percent) as base,
        sum(abs(weight * 100 * value / percent) * step / abs(percent)) as uncertainty,
        (array_agg(indicator_code order by position))[1] as indicator_code,
        (array_agg(measure order by position))[1] as measure,
        (array_agg(sheet order by position))[1] as sheet,
        (array_agg(cell order by position))[1] as cell,
        jsonb_agg(count_cell order by position) || jsonb_agg(rate_cell order by position) as cells
    from figures
    where percent <> 0
    group by
        submission_id,
        rule_code,
        gate_run_id,
        kind,
        severity,
        unit_code,
        form_code,
        period_code,
        tolerance,
        tolerance_pct,
        side,
        breakdown_code
),

whole_bases as (
    select bases.*
    from bases
    inner join term_counts
        on
            bases.rule_code = term_counts.rule_code
            and bases.side = term_counts.side
            and bases.terms = term_counts.terms
),

-- both sides of a rule. Grouped by all that is known of it: joined with the rules again, every pair would be held against every rule
pairs as (
    select
        submission_id,
        rule_code,
        gate_run_id,
        kind,
        severity,
        unit_code,
        form_code,
        period_code,
        tolerance,
        tolerance_pct,
        breakdown_code,
        max(indicator_code) filter (where side = 'left') as indicator_code,
        max(measure) filter (where side = 'left') as measure,
        max(sheet) filter (where side = 'left') as sheet,
        max(cell) filter (where side = 'left') as cell,
        max(base) filter (where side = 'left') as found,
        max(base) filter (where side = 'right') as expected,
        sum(uncertainty) as uncertainty,
        jsonb_agg(cells order by side) as cells_by_side
    from whole_bases
    group by
        submission_id,
        rule_code,
        gate_run_id,
        kind,
        severity,
        unit_code,
        form_code,
        period_code,
        tolerance,
        tolerance_pct,
        breakdown_code
    having count(*) = 2
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
    trim_scale(round(found, 1))::text as found_text,
    trim_scale(round(expected, 1))::text as expected_text,
    (cells_by_side -> 0) || (cells_by_side -> 1) as cells
from pairs_with_tolerance
where abs({{ difference('found', 'expected') }}) > allowed
