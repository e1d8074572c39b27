{# Made anew for every judgement, and analyzed: each report's figures meet the terms of all rules, and how many match is the planner's to
   know. #}
{{ config(pre_hook=["{{ forget_everything() }}"], post_hook=["analyze {{ this }}"], unlogged=true) }}

with rules as (
    select distinct on (rule_key)
        rule_key,
        rule_code,
        kind,
        measures
    from {{ ref('int_rules_in_scope') }}
    order by rule_key
),

rule_terms as (
    select * from {{ ref('stg_catalog__rule_terms') }}
),

-- a rule with measures is one comparison for each of them
comparisons as (
    select
        rules.*,
        compared.measure
    from rules
    cross join lateral unnest(case when cardinality(rules.measures) > 0 then rules.measures else array['value'] end) as compared (measure)
)

select
    audit.judgement() as gate_run_id,
    dense_rank() over (order by comparisons.rule_key, comparisons.measure)::integer as comparison_key,
    comparisons.rule_key,
    comparisons.rule_code,
    comparisons.kind,
    (count(*) over (partition by comparisons.rule_key, comparisons.measure))::integer as terms_of_comparison,
    rule_terms.side,
    rule_terms.position,
    rule_terms.indicator_code,
    coalesce(rule_terms.measure, comparisons.measure) as measure,
    rule_terms.breakdown_code,
    rule_terms.weight
from comparisons
inner join rule_terms on comparisons.rule_code = rule_terms.rule_code
