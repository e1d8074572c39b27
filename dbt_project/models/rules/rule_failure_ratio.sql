with submissions as (
    select * from {{ ref('int_submissions_in_view') }} where gate_run_id is not null
),

rules as (
    select * from {{ ref('int_rules_in_scope') }} where kind = 'ratio'
),

terms as (
    select * from {{ ref('int_terms_in_scope') }} where kind = 'ratio'
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }}
),

ratios as (
    select distinct on (rule_key)
        rule_key,
        tolerance,
        tolerance_pct,
        (params ->> 'factor')::numeric as factor
    from rules
    order by rule_key
),

-- one submission after the other: a few hundred figures are put together at a time, and not those of all units
rates as (
    select
        submissions.submission_id,
        submissions.rule_scope,
        sums.*
    from submissions
    cross join lateral ( -- noqa: ST05
        select
            figures.rule_key,
            figures.breakdown_code,
            max(figures.value) filter (where figures.side = 'left') as found,
            sum(figures.value) filter (where figures.side = 'numerator') as numerator,
            sum(figures.value) filter (where figures.side = 'denominator') as denominator
        from (
            select
                terms.rule_key,
                terms.terms_of_comparison,
                terms.side,
                {{ breakdown_compared('terms', 'cells') }} as breakdown_code,
                case when terms.side = 'left' then cells.value else terms.weight * cells.value end as value
            from cells
            inner join terms
                on
                    cells.indicator_code = terms.indicator_code
                    and cells.measure = terms.measure
                    and {{ is_breakdown_of_term('terms', 'cells') }}
            where cells.submission_id = submissions.submission_id
            {{ made_once() }} -- and not for each sum above: whether a figure is corrected must be looked up
        ) as figures
        group by figures.rule_key, figures.breakdown_code, figures.terms_of_comparison
        having count(figures.value) = figures.terms_of_comparison
    ) as sums
),

rates_that_can_be_judged as (
    select
        rates.*,
        ratios.tolerance,
        ratios.tolerance_pct,
        ratios.factor * rates.numerator / rates.denominator as expected
    from rates
    inner join ratios on rates.rule_key = ratios.rule_key
    where rates.denominator <> 0
    {{ made_once() }} -- a division, and it is asked for often below
),

-- the precision of a print is worked out for those that need it. Materialized: they are few, and only they meet the scopes of the rules
-- and their cells
differing_rates as materialized (
    select * from rates_that_can_be_judged
    where {{ differs('rates_that_can_be_judged', 'found', 'expected') }}
),

rates_with_tolerance as (
    select
        differing_rates.*,
        {{ tolerance('differing_rates', 'expected', printed_step('found')) }} as allowed
    from differing_rates
),

failures as materialized (
    select * from rates_with_tolerance where abs({{ difference('found', 'expected') }}) > allowed
),

failures_with_cells as (
    select
        {{ head_of_failure('rules', 'submissions') }},
        failures.*,
        involved.cells
    from failures
    inner join submissions on failures.submission_id = submissions.submission_id
    inner join rules on failures.rule_scope = rules.rule_scope and failures.rule_key = rules.rule_key
    cross join lateral (
        select
            jsonb_agg({{ cell_object('cells') }} order by terms.side <> 'left', terms.side desc, terms.position asc) as cells
        from terms
        inner join cells
            on
                terms.indicator_code = cells.indicator_code
                and terms.measure = cells.measure
                and coalesce(terms.breakdown_code, failures.breakdown_code) = cells.breakdown_code
        where terms.rule_key = failures.rule_key and cells.submission_id = failures.submission_id
    ) as involved
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
