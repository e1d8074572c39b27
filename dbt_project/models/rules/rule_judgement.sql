with applied as (
    select * from {{ ref('int_rules_applied') }}
    where kind <> 'missing_report'
),

rules as (
    select * from {{ ref('stg_catalog__rules') }}
),

submissions as (
    select * from {{ ref('int_submissions_in_view') }}
),

failures as (
    select * from {{ ref('rule_failure_as_judged') }}
    where gate_run_id = (select audit.judgement()) and submission_id is not null
),

-- what there is to compare a report with
reports_before as (
    select
        judged.submission_id,
        count(earlier.submission_id) as reports,
        coalesce(bool_or(judged.previous_period_code = earlier.period_code), false) as has_period_before,
        coalesce(bool_or(judged.same_period_last_year_code = earlier.period_code), false) as has_last_year
    from submissions as judged
    left join submissions as earlier
        on
            judged.unit_code = earlier.unit_code
            and judged.form_code = earlier.form_code
            and judged.period_type = earlier.period_type
            and earlier.is_in_view
            and earlier.start_date < judged.start_date
            and earlier.start_date >= judged.start_date - interval '36 months'
    where judged.gate_run_id is not null
    group by judged.submission_id
),

failures_by_rule as (
    select
        submission_id,
        rule_code,
        (count(*) filter (where severity = 'critical'))::integer as failures_critical,
        (count(*) filter (where severity = 'warning'))::integer as failures_warning,
        (count(*) filter (where severity = 'info'))::integer as failures_info,
        count(waiver_id)::integer as failures_waived
    from failures
    group by submission_id, rule_code
),

-- a rule that looks back cannot judge a report that has nothing behind it: that is not the same as finding nothing wrong
results as (
    select
        applied.gate_run_id,
        applied.submission_id,
        rules.rule_key,
        case
            when failures_by_rule.submission_id is not null then true
            when applied.kind = 'outlier' then reports_before.reports >= (applied.params ->> 'minimum_points')::integer
            when applied.kind = 'cumulative' then applied.is_first_of_year or reports_before.has_period_before
            when applied.kind = 'same_period' then reports_before.has_last_year
            else true
        end as could_judge,
        coalesce(failures_by_rule.failures_critical, 0) as failures_critical,
        coalesce(failures_by_rule.failures_warning, 0) as failures_warning,
        coalesce(failures_by_rule.failures_info, 0) as failures_info,
        coalesce(failures_by_rule.failures_waived, 0) as failures_waived
    from applied
    inner join rules on applied.rule_code = rules.rule_code
    inner join reports_before on applied.submission_id = reports_before.submission_id
    left join failures_by_rule
        on
            applied.submission_id = failures_by_rule.submission_id
            and applied.rule_code = failures_by_rule.rule_code
),

-- side by side in one row: most rules find nothing, and a row for each of them would be as many as there are figures
results_of_a_submission as (
    select
        gate_run_id,
        submission_id,
        array_agg(rule_key order by rule_key) as rule_keys,
        array_agg(could_judge order by rule_key) as could_judge,
        array_agg(failures_critical order by rule_key) as failures_critical,
        array_agg(failures_warning order by rule_key) as failures_warning,
        array_agg(failures_info order by rule_key) as failures_info,
        array_agg(failures_waived order by rule_key) as failures_waived
    from results
    group by gate_run_id, submission_id
)

select * from results_of_a_submission
