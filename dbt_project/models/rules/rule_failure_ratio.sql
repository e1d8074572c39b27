with rules as (
    select * from {{ ref('int_rules_applied') }} where kind = 'ratio'
),

rule_terms as (
    select * from {{ ref('stg_catalog__rule_terms') }}
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }}
),

term_counts as (
    select
        rule_code,
        count(*) as terms
    from rule_terms
    group by rule_code
),

figures as (
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
        (rules.params ->> 'factor')::numeric as factor,
        term_counts.terms,
        rule_terms.side,
        rule_terms.weight,
        {{ breakdown_compared('rule_terms', 'cells') }} as breakdown_code,
        cells.value
    from rules
    inner join term_counts on rules.rule_code = term_counts.rule_code
    inner join rule_terms on rules.rule_code = rule_terms.rule_code
    inner join cells
        on
            rules.submission_id = cells.submission_id
            and rule_terms.indicator_code = cells.indicator_code
            and coalesce(rule_terms.measure, 'value') = cells.measure
            and {{ is_breakdown_of_term('rule_terms', 'cells') }}
    where {{ has_number('cells') }}
),

-- grouped by all that is known of the rule, so that nothing has to be joined again
rates as (
    select
        gate_run_id,
        rule_code,
        severity,
        submission_id,
        unit_code,
        form_code,
        period_code,
        tolerance,
        tolerance_pct,
        factor,
        terms,
        breakdown_code,
        count(*) as terms_with_number,
        max(value) filter (where side = 'left') as found,
        sum(weight * value) filter (where side = 'numerator') as numerator,
        sum(weight * value) filter (where side = 'denominator') as denominator
    from figures
    group by
        gate_run_id,
        rule_code,
        severity,
        submission_id,
        unit_code,
        form_code,
        period_code,
        tolerance,
        tolerance_pct,
        factor,
        terms,
        breakdown_code
),

rates_that_can_be_judged as (
    select
        *,
        factor * numerator / denominator as expected
    from rates
    where terms_with_number = terms and denominator <> 0
),

rates_with_tolerance as (
    select
        rates_that_can_be_judged.*,
        {{ tolerance('rates_that_can_be_judged', 'expected', printed_step('found')) }} as allowed
    from rates_that_can_be_judged
),

failures as (
    select * from rates_with_tolerance where abs({{ difference('found', 'expected') }}) > allowed
),

-- the cells are looked up again by their key: failures are few, figures are many
failures_with_cells as (
    select
        failures.gate_run_id,
        failures.rule_code,
        failures.severity,
        failures.submission_id,
        failures.unit_code,
        failures.form_code,
        failures.period_code,
        failures.found,
        failures.expected,
        failures.allowed,
        failures.numerator,
        failures.denominator,
        jsonb_agg({{ cell_object('cells') }} order by rule_terms.side <> 'left', rule_terms.side desc, rule_terms.position asc) as cells
    from failures
    inner join rule_terms on failures.rule_code = rule_terms.rule_code
    inner join cells
        on
            failures.submission_id = cells.submission_id
            and coalesce(rule_terms.breakdown_code, failures.breakdown_code) = cells.breakdown_code
            and rule_terms.indicator_code = cells.indicator_code
            and cells.measure = coalesce(rule_terms.measure, 'value')
    group by
        failures.gate_run_id,
        failures.rule_code,
        failures.severity,
        failures.submission_id,
        failures.unit_code,
        failures.form_code,
        failures.period_code,
        failures.found,
        failures.expected,
        failures.allowed,
        failures.numerator,
        failures.denominator,
        failures.breakdown_code
)

select
    gate_run_id,
    rule_code,
    'ratio'::text as kind,
    severity,
    submission_id,
    unit_code,
    form_code,
    period_code,
    cells -> 0 ->> 'indicator_code' as indicator_code,
    cells -> 0 ->> 'measure' as measure,
    cells -> 0 ->> 'sheet' as sheet,
    cells -> 0 ->> 'cell' as cell,
    found,
    expected,
    allowed as tolerance,
    {{ number_text('found') }} as found_text,
    {{ number_text('expected') }}
    || ' ('
    || {{ number_text('numerator') }}
    || ' / '
    || {{ number_text('denominator') }}
    || ')' as expected_text,
    cells
from failures_with_cells
