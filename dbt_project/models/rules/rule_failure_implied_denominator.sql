with submissions as (
    select * from {{ ref('int_submissions_in_view') }} where gate_run_id is not null
),

rules as (
    select * from {{ ref('int_rules_in_scope') }} where kind = 'implied_denominator'
),

terms_in_scope as (
    select * from {{ ref('int_terms_in_scope') }} where kind = 'implied_denominator'
),

cells as not materialized (
    select * from {{ ref('int_cells_as_judged') }} where {{ has_number() }}
),

comparisons as (
    select distinct on (rule_key)
        rule_key,
        tolerance,
        tolerance_pct,
        coalesce(params ->> 'percentage', 'rate') as percentage
    from rules
    order by rule_key
),

-- materialized: made once, and not for each submission below. A change of 6 % is 106 % of the base. Terms of several rules may imply the
-- same one
terms as materialized (
    select
        terms_in_scope.*,
        comparisons.percentage,
        case when comparisons.percentage = 'change_pct' then 100 else 0 end as percent_of_no_change,
        dense_rank() over (
            order by terms_in_scope.indicator_code, terms_in_scope.measure, comparisons.percentage, terms_in_scope.weight
        ) as base_key
    from terms_in_scope
    inner join comparisons on terms_in_scope.rule_key = comparisons.rule_key
),

terms_by_base as materialized (
    select distinct on (base_key) * from terms
    order by base_key
),

-- a count and its printed percentage imply the base that the percentage was computed on. One submission after the other: a few hundred
-- figures are put together at a time, and not those of all units
bases as (
    select
        submissions.submission_id,
        submissions.rule_scope,
        sums.*
    from submissions
    cross join lateral ( -- noqa: ST05
        -- materialized: read once, for the counts and for the percentages
        with sent as materialized (
            select
                cells.indicator_code,
                cells.breakdown_code,
                cells.measure,
                cells.value
            from cells
            where
                cells.submission_id = submissions.submission_id
                and cells.indicator_code = any(array(select terms.indicator_code from terms))
        )

        select
            figures.rule_key,
            figures.breakdown_code,
            sum(figures.base) filter (where figures.side = 'left') as found,
            sum(figures.base) filter (where figures.side = 'right') as expected
        from (
            select
                terms.rule_key,
                terms.terms_of_comparison,
                terms.side,
                {{ breakdown_compared('terms', 'implied') }} as breakdown_code,
                implied.base
            from (
                select
                    terms_by_base.base_key,
                    counts.breakdown_code,
                    terms_by_base.weight * 100 * counts.value / (rates.value + terms_by_base.percent_of_no_change) as base
                from sent as rates
                inner join terms_by_base
                    on
                        rates.indicator_code = terms_by_base.indicator_code
                        and rates.measure = terms_by_base.percentage
                inner join sent as counts
                    on
                        terms_by_base.indicator_code = counts.indicator_code
                        and terms_by_base.measure = counts.measure
                        and rates.breakdown_code = counts.breakdown_code
                where rates.value + terms_by_base.percent_of_no_change <> 0
                {{ made_once() }} -- and not for each term that it stands in
            ) as implied
            inner join terms on implied.base_key = terms.base_key and {{ is_breakdown_of_term('terms', 'implied') }}
        ) as figures
        group by figures.rule_key, figures.breakdown_code, figures.terms_of_comparison
        having count(*) = figures.terms_of_comparison
    ) as sums
),

-- materialized: they are few, and only they meet the scopes of the rules and their cells
differing_bases as materialized (
    select bases.*
    from bases
    inner join comparisons on bases.rule_key = comparisons.rule_key
    where {{ differs('comparisons', 'bases.found', 'bases.expected') }}
),

-- the digits that a percentage was printed with leave some of its base open
pairs as (
    select
        {{ head_of_failure('rules', 'submissions') }},
        rules.tolerance,
        rules.tolerance_pct,
        differing_bases.submission_id,
        differing_bases.found,
        differing_bases.expected,
        involved.*
    from differing_bases
    inner join submissions on differing_bases.submission_id = submissions.submission_id
    inner join rules on differing_bases.rule_scope = rules.rule_scope and differing_bases.rule_key = rules.rule_key
    cross join lateral (
        select
            sum(
                abs(terms.weight * 100 * counts.value / (rates.value + terms.percent_of_no_change))
                * {{ printed_step_of_percentage('rates') }} / abs(rates.value + terms.percent_of_no_change)
            ) as uncertainty,
            jsonb_agg({{ cell_object('counts') }} order by terms.position) filter (where terms.side = 'left') as left_counts,
            jsonb_agg({{ cell_object('rates') }} order by terms.position) filter (where terms.side = 'left') as left_rates,
            jsonb_agg({{ cell_object('counts') }} order by terms.position) filter (where terms.side = 'right') as right_counts,
            jsonb_agg({{ cell_object('rates') }} order by terms.position) filter (where terms.side = 'right') as right_rates
        from terms
        inner join cells as counts
            on
                terms.indicator_code = counts.indicator_code
                and terms.measure = counts.measure
                and coalesce(terms.breakdown_code, differing_bases.breakdown_code) = counts.breakdown_code
        inner join cells as rates
            on
                counts.submission_id = rates.submission_id
                and counts.indicator_code = rates.indicator_code
                and terms.percentage = rates.measure
                and counts.breakdown_code = rates.breakdown_code
        where terms.rule_key = differing_bases.rule_key and counts.submission_id = differing_bases.submission_id
    ) as involved
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
    left_rates -> 0 ->> 'indicator_code' as indicator_code,
    left_rates -> 0 ->> 'measure' as measure,
    left_rates -> 0 ->> 'sheet' as sheet,
    left_rates -> 0 ->> 'cell' as cell,
    found,
    expected,
    allowed as tolerance,
    trim_scale(round(found, 1))::text as found_text,
    trim_scale(round(expected, 1))::text as expected_text,
    left_counts || left_rates || right_counts || right_rates as cells
from pairs_with_tolerance
where abs({{ difference('found', 'expected') }}) > allowed
