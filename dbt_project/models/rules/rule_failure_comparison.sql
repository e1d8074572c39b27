with rules as (
    select * from {{ ref('int_rules_applied') }} where kind = 'comparison'
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

-- a rule with measures is one comparison for each of them
comparisons as (
    select
        rules.gate_run_id,
        rules.rule_code,
        rules.severity,
        rules.submission_id,
        rules.unit_code,
        rules.form_code,
        rules.period_code,
        rules.operator,
        rules.constant,
        rules.missing,
        rules.tolerance,
        rules.tolerance_pct,
        term_counts.terms,
        comparison.measure as comparison_measure
    from rules
    inner join term_counts on rules.rule_code = term_counts.rule_code
    cross join lateral unnest(case when cardinality(rules.measures) > 0 then rules.measures else array['value'] end) as comparison (measure)
),

-- materialized: whether a figure is corrected is looked up once, and not for each sum below
figures as materialized (
    select
        comparisons.*,
        rule_terms.side,
        rule_terms.weight,
        {{ breakdown_compared('rule_terms', 'cells') }} as breakdown_code,
        cells.state,
        cells.value
    from comparisons
    inner join rule_terms on comparisons.rule_code = rule_terms.rule_code
    inner join cells
        on
            comparisons.submission_id = cells.submission_id
            and rule_terms.indicator_code = cells.indicator_code
            and cells.measure = coalesce(rule_terms.measure, comparisons.comparison_measure)
            and {{ is_breakdown_of_term('rule_terms', 'cells') }}
),

-- grouped by all that is known of the rule, so that nothing has to be joined again
sides as (
    select
        gate_run_id,
        rule_code,
        severity,
        submission_id,
        unit_code,
        form_code,
        period_code,
        operator,
        constant,
        missing,
        tolerance,
        tolerance_pct,
        terms,
        comparison_measure,
        breakdown_code,
        count(*) as terms_there,
        count(value) as terms_with_number,
        count(value) filter (where side = 'left') as left_numbers,
        bool_or(state = 'not_applicable') as has_not_applicable,
        bool_or(state in ('unreadable', 'suppressed')) as has_unknown,
        coalesce(sum(weight * value) filter (where side = 'left'), 0) as found,
        coalesce(sum(weight * value) filter (where side = 'right'), 0) + coalesce(constant, 0) as expected,
        min(weight * value) filter (where side = 'right') as lowest,
        max(weight * value) filter (where side = 'right') as highest
    from figures
    group by
        gate_run_id,
        rule_code,
        severity,
        submission_id,
        unit_code,
        form_code,
        period_code,
        operator,
        constant,
        missing,
        tolerance,
        tolerance_pct,
        terms,
        comparison_measure,
        breakdown_code
),

-- what is missing in the total is the rule's to decide; in a breakdown only what is complete is compared. A pair is about what is
-- missing: it is judged wherever the form has cells for all of it
comparisons_that_can_be_made as (
    select
        *,
        operator in ('compulsory_pair', 'exclusive_pair') as is_pair,
        terms_with_number - left_numbers as right_numbers
    from sides
    where
        not has_unknown
        and case
            when operator in ('compulsory_pair', 'exclusive_pair') then terms_there = terms
            when breakdown_code <> 'TOTAL' or missing = 'skip_if_any' then terms_with_number = terms
            when missing = 'skip_if_all' then terms_with_number > 0
            else true
        end
),

-- what must lie between figures is compared with the nearest that they allow
comparisons_with_expected as (
    select
        gate_run_id,
        rule_code,
        severity,
        submission_id,
        unit_code,
        form_code,
        period_code,
        operator,
        tolerance,
        tolerance_pct,
        comparison_measure,
        breakdown_code,
        is_pair,
        has_not_applicable,
        left_numbers,
        right_numbers,
        lowest,
        highest,
        found,
        case when operator = 'between' then greatest(lowest, least(highest, found)) else expected end as expected
    from comparisons_that_can_be_made
),

comparisons_with_tolerance as (
    select
        comparisons_with_expected.*,
        {{ difference('found', 'expected') }} as difference,
        {{ tolerance('comparisons_with_expected', 'expected') }} as allowed
    from comparisons_with_expected
),

failures as (
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
            when 'compulsory_pair' then (left_numbers = 0) = (right_numbers = 0) or has_not_applicable
        end
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
        failures.operator,
        failures.is_pair,
        failures.left_numbers,
        failures.right_numbers,
        failures.found,
        failures.expected,
        failures.lowest,
        failures.highest,
        failures.allowed,
        jsonb_agg({{ cell_object('cells') }} order by rule_terms.side, rule_terms.position) as cells
    from failures
    inner join rule_terms on failures.rule_code = rule_terms.rule_code
    inner join cells
        on
            failures.submission_id = cells.submission_id
            and coalesce(rule_terms.breakdown_code, failures.breakdown_code) = cells.breakdown_code
            and rule_terms.indicator_code = cells.indicator_code
            and cells.measure = coalesce(rule_terms.measure, failures.comparison_measure)
    group by
        failures.gate_run_id,
        failures.rule_code,
        failures.severity,
        failures.submission_id,
        failures.unit_code,
        failures.form_code,
        failures.period_code,
        failures.operator,
        failures.is_pair,
        failures.left_numbers,
        failures.right_numbers,
        failures.found,
        failures.expected,
        failures.lowest,
        failures.highest,
        failures.allowed,
        failures.comparison_measure,
        failures.breakdown_code
)

select
    gate_run_id,
    rule_code,
    'comparison'::text as kind,
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
