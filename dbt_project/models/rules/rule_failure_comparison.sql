with rules as (
    select * from {{ ref('int_rules_applied') }} where kind = 'comparison'
),

rule_terms as (
    select * from {{ ref('stg_catalog__rule_terms') }}
),

cells as (
    select * from {{ ref('stg_submissions__cells') }}
),

term_counts as (
    select
        rule_code,
        count(*) as terms
    from rule_terms
    group by rule_code
),

-- a rule with measures is one comparison for each of them
comparisons as (
    select
        rules.gate_run_id,
        rules.submission_id,
        rules.rule_code,
        comparison.measure
    from rules
    cross join lateral unnest(case when cardinality(rules.measures) > 0 then rules.measures else array['value'] end) as comparison (measure)
),

figures as (
    select
        comparisons.gate_run_id,
        comparisons.rule_code,
        comparisons.measure as comparison_measure,
        rule_terms.side,
        rule_terms.position,
        rule_terms.weight,
        cells.submission_id,
        cells.indicator_code,
        cells.breakdown_code,
        cells.measure,
        cells.sheet,
        cells.cell,
        cells.state,
        case when {{ has_number('cells') }} then cells.value end as value
    from comparisons
    inner join rule_terms on comparisons.rule_code = rule_terms.rule_code
    inner join cells
        on
            comparisons.submission_id = cells.submission_id
            and rule_terms.indicator_code = cells.indicator_code
            and cells.measure = coalesce(rule_terms.measure, comparisons.measure)
),

sides as (
    select
        gate_run_id,
        submission_id,
        rule_code,
        comparison_measure,
        breakdown_code,
        count(value) as terms_with_number,
        bool_or(state in ('unreadable', 'suppressed')) as has_unknown,
        coalesce(sum(weight * value) filter (where side = 'left'), 0) as left_sum,
        coalesce(sum(weight * value) filter (where side = 'right'), 0) as right_sum
    from figures
    group by gate_run_id, submission_id, rule_code, comparison_measure, breakdown_code
),

-- what is missing in the total is the rule's to decide; in a breakdown only what is complete is compared
comparisons_that_can_be_made as (
    select
        sides.gate_run_id,
        sides.submission_id,
        sides.comparison_measure,
        sides.breakdown_code,
        rules.rule_code,
        rules.severity,
        rules.unit_code,
        rules.form_code,
        rules.period_code,
        rules.operator,
        rules.tolerance,
        rules.tolerance_pct,
        sides.left_sum as found,
        sides.right_sum + coalesce(rules.constant, 0) as expected
    from sides
    inner join rules on sides.submission_id = rules.submission_id and sides.rule_code = rules.rule_code
    inner join term_counts on sides.rule_code = term_counts.rule_code
    where
        not sides.has_unknown
        and (sides.breakdown_code = 'TOTAL' or sides.terms_with_number = term_counts.terms)
        and case rules.missing
            when 'skip_if_any' then sides.terms_with_number = term_counts.terms
            when 'skip_if_all' then sides.terms_with_number > 0
            else true
        end
),

comparisons_with_tolerance as (
    select
        comparisons_that_can_be_made.*,
        {{ difference('found', 'expected') }} as difference,
        {{ tolerance('comparisons_that_can_be_made', 'expected') }} as allowed
    from comparisons_that_can_be_made
),

failures as (
    select *
    from comparisons_with_tolerance
    where
        not case operator
            when '=' then abs(difference) <= allowed
            when '<=' then difference <= allowed
            when '>=' then difference >= -allowed
            when '<' then difference < allowed or (allowed > 0 and difference = allowed)
            when '>' then difference > -allowed or (allowed > 0 and difference = -allowed)
        end
),

failures_with_cells as (
    select
        failures.gate_run_id,
        failures.submission_id,
        failures.rule_code,
        failures.comparison_measure,
        failures.breakdown_code,
        jsonb_agg({{ cell_object('figures') }} order by figures.side, figures.position) as cells
    from failures
    inner join figures
        on
            failures.submission_id = figures.submission_id
            and failures.rule_code = figures.rule_code
            and failures.comparison_measure = figures.comparison_measure
            and failures.breakdown_code = figures.breakdown_code
    group by failures.gate_run_id, failures.submission_id, failures.rule_code, failures.comparison_measure, failures.breakdown_code
)

select
    failures.gate_run_id,
    failures.rule_code,
    'comparison'::text as kind,
    failures.severity,
    failures.submission_id,
    failures.unit_code,
    failures.form_code,
    failures.period_code,
    failures_with_cells.cells -> 0 ->> 'indicator_code' as indicator_code,
    failures_with_cells.cells -> 0 ->> 'measure' as measure,
    failures_with_cells.cells -> 0 ->> 'sheet' as sheet,
    nullif(failures_with_cells.cells -> 0 ->> 'cell', '') as cell,
    failures.found,
    failures.expected,
    failures.allowed as tolerance,
    {{ number_text('failures.found') }} as found_text,
    failures.operator || ' ' || {{ number_text('failures.expected') }} as expected_text,
    failures_with_cells.cells
from failures
inner join failures_with_cells
    on
        failures.submission_id = failures_with_cells.submission_id
        and failures.rule_code = failures_with_cells.rule_code
        and failures.comparison_measure = failures_with_cells.comparison_measure
        and failures.breakdown_code = failures_with_cells.breakdown_code
