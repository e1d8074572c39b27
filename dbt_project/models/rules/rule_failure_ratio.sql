with rules as (
    select * from {{ ref('int_rules_applied') }} where kind = 'ratio'
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

figures as (
    select
        rules.rule_code,
        rule_terms.side,
        rule_terms.position,
        rule_terms.weight,
        cells.submission_id,
        cells.indicator_code,
        cells.breakdown_code,
        cells.measure,
        cells.sheet,
        cells.cell,
        cells.value
    from rules
    inner join rule_terms on rules.rule_code = rule_terms.rule_code
    inner join cells
        on
            rules.submission_id = cells.submission_id
            and rule_terms.indicator_code = cells.indicator_code
            and coalesce(rule_terms.measure, 'value') = cells.measure
    where {{ has_number('cells') }}
),

rates as (
    select
        submission_id,
        rule_code,
        breakdown_code,
        count(*) as terms_with_number,
        max(value) filter (where side = 'left') as found,
        sum(weight * value) filter (where side = 'numerator') as numerator,
        sum(weight * value) filter (where side = 'denominator') as denominator
    from figures
    group by submission_id, rule_code, breakdown_code
),

rates_that_can_be_judged as (
    select
        rules.*,
        rates.breakdown_code,
        rates.found,
        rates.numerator,
        rates.denominator,
        (rules.params ->> 'factor')::numeric * rates.numerator / rates.denominator as expected
    from rates
    inner join rules on rates.submission_id = rules.submission_id and rates.rule_code = rules.rule_code
    inner join term_counts on rates.rule_code = term_counts.rule_code
    where rates.terms_with_number = term_counts.terms and rates.denominator <> 0
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

failures_with_cells as (
    select
        failures.submission_id,
        failures.rule_code,
        failures.breakdown_code,
        jsonb_agg({{ cell_object('figures') }} order by figures.side, figures.position) as cells
    from failures
    inner join figures
        on
            failures.submission_id = figures.submission_id
            and failures.rule_code = figures.rule_code
            and failures.breakdown_code = figures.breakdown_code
    group by failures.submission_id, failures.rule_code, failures.breakdown_code
)

select
    failures.gate_run_id,
    failures.rule_code,
    failures.kind,
    failures.severity,
    failures.submission_id,
    failures.unit_code,
    failures.form_code,
    failures.period_code,
    printed.indicator_code,
    printed.measure,
    printed.sheet,
    printed.cell,
    failures.found,
    failures.expected,
    failures.allowed as tolerance,
    {{ number_text('failures.found') }} as found_text,
    {{ number_text('failures.expected') }} || ' (' || {{ number_text('failures.numerator') }}
    || ' / ' || {{ number_text('failures.denominator') }} || ')' as expected_text,
    failures_with_cells.cells
from failures
inner join failures_with_cells
    on
        failures.submission_id = failures_with_cells.submission_id
        and failures.rule_code = failures_with_cells.rule_code
        and failures.breakdown_code = failures_with_cells.breakdown_code
inner join figures as printed
    on
        failures.submission_id = printed.submission_id
        and failures.rule_code = printed.rule_code
        and failures.breakdown_code = printed.breakdown_code
        and printed.side = 'left'
