with failures as (
    select * from {{ ref('rule_failure_as_judged') }}
    where gate_run_id = (select audit.judgement()) and submission_id is not null
),

rules as (
    select * from {{ ref('stg_catalog__rules') }}
),

indicators as (
    select * from {{ ref('stg_catalog__indicators') }}
),

failures_by_indicator as (
    select
        failures.gate_run_id,
        failures.submission_id,
        rules.rule_key,
        indicators.indicator_key,
        (count(*) filter (where failures.severity = 'critical'))::integer as failures_critical,
        (count(*) filter (where failures.severity = 'warning'))::integer as failures_warning,
        (count(*) filter (where failures.severity = 'info'))::integer as failures_info,
        count(failures.waiver_id)::integer as failures_waived
    from failures
    inner join rules on failures.rule_code = rules.rule_code
    left join indicators on failures.indicator_code = indicators.indicator_code
    group by failures.gate_run_id, failures.submission_id, rules.rule_key, indicators.indicator_key
)

select * from failures_by_indicator
