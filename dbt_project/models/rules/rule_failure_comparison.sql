with submissions as (
    select * from {{ ref('int_submissions_in_view') }} where gate_run_id is not null
),

rules as (
    select * from {{ ref('int_rules_in_scope') }} where kind = 'comparison'
),

rule_terms as (
    select * from {{ ref('stg_catalog__rule_terms') }}
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }}
),

rules_of_any_scope as (
    select distinct on (rule_key) *
    from rules
    order by rule_key
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
        row_number() over (order by rules.rule_key, comparison.measure) as comparison_key,
        rules.*,
        term_counts.terms,
        comparison.measure
    from rules_of_any_scope as rules
    inner join term_counts on rules.rule_code = term_counts.rule_code
    cross join lateral unnest(case when cardinality(rules.measures) > 0 then rules.measures else array['value'] end) as comparison (measure)
),

-- materialized: made once, and not for each submission below
terms as materialized (
    select
        comparisons.comparison_key,
        rule_terms.indicator_code,
        coalesce(rule_terms.measure, comparisons.measure) as measure,
        rule_terms.breakdown_code,
        rule_terms.weight,
        rule_terms.side = 'left' as is_left,
        rule_terms.side = 'right' and comparisons.operator = 'between' as is_bound
    from comparisons
    inner join rule_terms on comparisons.rule_code = rule_terms.rule_code
),

-- one submission after the other: a few hundred figures are put together at a time, and not those of all units
sides as (
    select
        submissions.submission_id,
        submissions.rule_scope,
        sums.*
    from submissions
    cross join lateral ( -- noqa: ST05
        select
            figures.comparison_key,
            figures.breakdown_code,
            count(*) as terms_there,
            count(figures.value) as terms_with_number,
            count(figures.value) filter (where figures.is_left) as left_numbers,
            array_agg(figures.state) filter (where figures.value is null) as states_without_number,
            sum(figures.value) filter (where figures.is_left) as left_sum,
            sum(figures.value) filter (where not figures.is_left) as right_sum,
            min(figures.value) filter (where figures.is_bound) as lowest,
            max(figures.value) filter (where figures.is_bound) as highest
        from (
            select
                terms.comparison_key,
                terms.is_left,
                terms.is_bound,
                {{ breakdown_compared('terms', 'cells') }} as breakdown_code,
                cells.state,
                terms.weight * cells.value as value
            from cells
            inner join terms
                on
                    cells.indicator_code = terms.indicator_code
                    and cells.measure = terms.measure
                    and {{ is_breakdown_of_term('terms', 'cells') }}
            where cells.submission_id = submissions.submission_id
            {{ made_once() }} -- and not for each sum above: whether a figure is corrected must be looked up
        ) as figures
        group by figures.comparison_key, figures.breakdown_code
    ) as sums
),

-- what is missing in the total is the rule's to decide; in a breakdown only what is complete is compared. A pair is about what is
-- missing: it is judged wherever the form has cells for all of it
comparisons_that_can_be_made as (
    select
        sides.*,
        comparisons.rule_key,
        comparisons.rule_code,
        comparisons.measure,
        comparisons.operator,
        comparisons.tolerance,
        comparisons.tolerance_pct,
        comparisons.operator in ('compulsory_pair', 'exclusive_pair') as is_pair,
        coalesce(sides.left_sum, 0) as found,
        coalesce(sides.right_sum, 0) + coalesce(comparisons.constant, 0) as right_total,
        sides.terms_with_number - sides.left_numbers as right_numbers
    from sides
    inner join comparisons on sides.comparison_key = comparisons.comparison_key
    where
        (sides.states_without_number && array['unreadable', 'suppressed']) is not true
        and case
            when comparisons.operator in ('compulsory_pair', 'exclusive_pair') then sides.terms_there = comparisons.terms
            when
                sides.breakdown_code <> 'TOTAL' or comparisons.missing = 'skip_if_any'
                then sides.terms_with_number = comparisons.terms
            when comparisons.missing = 'skip_if_all' then sides.terms_with_number > 0
            else true
        end
),

-- what must lie between figures is compared with the nearest that they allow
comparisons_with_expected as (
    select
        *,
        case when operator = 'between' then greatest(lowest, least(highest, found)) else right_total end as expected
    from comparisons_that_can_be_made
),

comparisons_with_tolerance as (
    select
        comparisons_with_expected.*,
        {{ difference('found', 'expected') }} as difference,
        {{ tolerance('comparisons_with_expected', 'expected') }} as allowed
    from comparisons_with_expected
),

-- materialized: they are few, and only they meet the scopes of the rules and their cells
failures as materialized (
    select *
    from comparisons_with_tolerance
    where
        not case operator
            when '=' then abs(difference) <= allowed
            when 'between' then abs(difference) <= allowed
            when '!=' then abs(difference) > allowed
            when '<=' then difference <= allowed
            when '>=' then difference >= -allowed
            when '<' then difference < allowed or (allowed > 0 and difference = allowed)
            when '>' then difference > -allowed or (allowed > 0 and difference = -allowed)
            when 'exclusive_pair' then left_numbers = 0 or right_numbers = 0
            when 'compulsory_pair' then (left_numbers = 0) = (right_numbers = 0) or 'not_applicable' = any(states_without_number)
        end
),

-- the cells are looked up by their key: failures are few, figures are many
cells_of_failures as (
    select
        failures.submission_id,
        failures.comparison_key,
        failures.breakdown_code,
        jsonb_agg({{ cell_object('involved') }} order by rule_terms.side, rule_terms.position) as cells
    from failures
    inner join rule_terms on failures.rule_code = rule_terms.rule_code
    cross join
        lateral (
            select cells.*
            from cells
            where
                cells.submission_id = failures.submission_id
                and cells.indicator_code = rule_terms.indicator_code
                and cells.measure = coalesce(rule_terms.measure, failures.measure)
                and cells.breakdown_code = coalesce(rule_terms.breakdown_code, failures.breakdown_code)
            {{ made_once() }}
        ) as involved
    group by failures.submission_id, failures.comparison_key, failures.breakdown_code
),

failures_with_cells as (
    select
        {{ head_of_failure('rules', 'submissions') }},
        failures.submission_id,
        failures.operator,
        failures.is_pair,
        failures.left_numbers,
        failures.right_numbers,
        failures.found,
        failures.expected,
        failures.lowest,
        failures.highest,
        failures.allowed,
        cells_of_failures.cells
    from failures
    inner join submissions on failures.submission_id = submissions.submission_id
    inner join rules on failures.rule_scope = rules.rule_scope and failures.rule_key = rules.rule_key
    inner join cells_of_failures
        on
            failures.submission_id = cells_of_failures.submission_id
            and failures.comparison_key = cells_of_failures.comparison_key
            and failures.breakdown_code = cells_of_failures.breakdown_code
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
    nullif(cells -> 0 ->> 'cell', '') as cell,
    case when not is_pair or left_numbers > 0 then found end as found,
    case when not is_pair then expected end as expected,
    allowed as tolerance,
    case
        when is_pair
            then
                case when left_numbers > 0 then {{ number_text('found') }} else '–' end
                || ' & '
                || case when right_numbers > 0 then {{ number_text('expected') }} else '–' end
        else {{ number_text('found') }}
    end as found_text,
    case operator
        when 'compulsory_pair' then 'cả hai hoặc không / both or none'
        when 'exclusive_pair' then 'chỉ một trong hai / one of the two at most'
        when 'between' then {{ number_text('lowest') }} || ' … ' || {{ number_text('highest') }}
        when '!=' then '≠ ' || {{ number_text('expected') }}
        else operator || ' ' || {{ number_text('expected') }}
    end as expected_text,
    cells
from failures_with_cells
