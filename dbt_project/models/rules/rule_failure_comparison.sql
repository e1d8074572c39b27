with submissions as (
    select * from {{ ref('int_submissions_in_view') }} where gate_run_id is not null
),

rules as (
    select * from {{ ref('int_rules_in_scope') }} where kind = 'comparison'
),

terms as (
    select
        *,
        case side when 'left' then weight else -weight end as signed_weight
    from {{ ref('int_terms_in_scope') }}
    where kind = 'comparison'
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }}
),

-- between which bounds what is left of the left side says that all is well: where it is outside, the figures are looked at again
comparisons as (
    select distinct on (terms.comparison_key)
        terms.comparison_key,
        terms.terms_of_comparison,
        rules.rule_key,
        rules.operator,
        rules.operator in ('compulsory_pair', 'exclusive_pair') as is_pair,
        coalesce(rules.constant, 0) as constant,
        rules.missing,
        rules.tolerance,
        rules.tolerance_pct,
        coalesce(rules.constant, 0) + case
            when rules.operator in ('<', '<=') then '-infinity'
            when rules.operator in ('=', '>=') then -trunc(rules.tolerance, 6)
            when rules.operator = '>' then 0.000001 - trunc(rules.tolerance, 6)
        end as at_least,
        coalesce(rules.constant, 0) + case
            when rules.operator in ('>', '>=') then 'infinity'
            when rules.operator in ('=', '<=') then trunc(rules.tolerance, 6)
            when rules.operator = '<' then trunc(rules.tolerance, 6) - 0.000001
        end as at_most
    from terms
    inner join rules on terms.rule_key = rules.rule_key
    order by terms.comparison_key
),

-- a first look: what is left of the left side without the right one says of most comparisons that all is well. One submission after the
-- other: a few hundred figures are put together at a time, and not those of all units
first_look as (
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
            coalesce(sum(figures.value), 0) as difference
        from (
            select
                terms.comparison_key,
                {{ breakdown_compared('terms', 'cells') }} as breakdown_code,
                case terms.signed_weight
                    when 1 then cells.value
                    when -1 then -cells.value
                    else terms.signed_weight * cells.value
                end as value
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
-- missing: it is judged wherever the form has cells for all of it. Materialized: they are few, and only they meet the scopes of the rules
suspects_in_any_scope as materialized (
    select
        first_look.submission_id,
        first_look.rule_scope,
        first_look.breakdown_code,
        comparisons.*
    from first_look
    inner join comparisons on first_look.comparison_key = comparisons.comparison_key
    where
        (first_look.difference between comparisons.at_least and comparisons.at_most) is not true -- other operators have no bounds
        and case
            when comparisons.is_pair then first_look.terms_there = comparisons.terms_of_comparison
            when
                first_look.breakdown_code <> 'TOTAL' or comparisons.missing = 'skip_if_any'
                then first_look.terms_with_number = comparisons.terms_of_comparison
            when comparisons.missing = 'skip_if_all' then first_look.terms_with_number > 0
            else true
        end
),

-- materialized, as a step of its own: the planner would look for the rules once a submission, or once a failure
suspects as materialized (
    select
        {{ head_of_failure('rules', 'submissions') }},
        suspects_in_any_scope.*
    from suspects_in_any_scope
    inner join submissions on suspects_in_any_scope.submission_id = submissions.submission_id
    inner join rules on suspects_in_any_scope.rule_scope = rules.rule_scope and suspects_in_any_scope.rule_key = rules.rule_key
),

-- both sides with their cells, which are looked up by their key
sides as (
    select
        suspects.submission_id,
        suspects.comparison_key,
        suspects.breakdown_code,
        count(involved.value) filter (where terms.side = 'left') as left_numbers,
        count(involved.value) filter (where terms.side = 'right') as right_numbers,
        coalesce(array_agg(involved.state) filter (where involved.value is null), '{}') as states_without_number,
        coalesce(sum(terms.weight * involved.value) filter (where terms.side = 'left'), 0) as left_sum,
        coalesce(sum(terms.weight * involved.value) filter (where terms.side = 'right'), 0) as right_sum,
        min(terms.weight * involved.value) filter (where terms.side = 'right') as lowest,
        max(terms.weight * involved.value) filter (where terms.side = 'right') as highest,
        jsonb_agg({{ cell_object('involved') }} order by terms.side, terms.position) as cells
    from suspects
    inner join terms on suspects.comparison_key = terms.comparison_key
    cross join
        lateral (
            select cells.*
            from cells
            where
                cells.submission_id = suspects.submission_id
                and cells.indicator_code = terms.indicator_code
                and cells.measure = terms.measure
                and cells.breakdown_code = coalesce(terms.breakdown_code, suspects.breakdown_code)
            {{ made_once() }}
        ) as involved
    group by suspects.submission_id, suspects.comparison_key, suspects.breakdown_code
),

-- what must lie between figures is compared with the nearest that they allow
comparisons_with_expected as (
    select
        suspects.*,
        sides.left_numbers,
        sides.right_numbers,
        sides.states_without_number,
        sides.lowest,
        sides.highest,
        sides.cells,
        sides.left_sum as found,
        case
            when suspects.operator = 'between' then greatest(sides.lowest, least(sides.highest, sides.left_sum))
            else sides.right_sum + suspects.constant
        end as expected
    from suspects
    inner join sides
        on
            suspects.submission_id = sides.submission_id
            and suspects.comparison_key = sides.comparison_key
            and suspects.breakdown_code = sides.breakdown_code
    where not sides.states_without_number && array['unreadable', 'suppressed']
),

comparisons_with_tolerance as (
    select
        comparisons_with_expected.*,
        {{ tolerance('comparisons_with_expected', 'expected') }} as allowed
    from comparisons_with_expected
),

failures as (
    select *
    from comparisons_with_tolerance
    where
        not case operator
            when 'between' then abs({{ difference('found', 'expected') }}) <= allowed
            when '!=' then abs({{ difference('found', 'expected') }}) > allowed
            when 'exclusive_pair' then left_numbers = 0 or right_numbers = 0
            when 'compulsory_pair' then (left_numbers = 0) = (right_numbers = 0) or 'not_applicable' = any(states_without_number)
            else {{ compares('operator', difference('found', 'expected'), 'allowed') }}
        end
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
from failures
