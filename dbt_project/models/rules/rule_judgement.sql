with rules as (
    select * from {{ ref('int_rules_in_scope') }} where kind <> 'missing_report'
),

rules_of_the_pack as (
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
        judged.gate_run_id,
        judged.submission_id,
        judged.rule_scope,
        judged.is_first_of_year,
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
    group by judged.gate_run_id, judged.submission_id, judged.rule_scope, judged.is_first_of_year
),

-- a rule that looks back cannot judge a report that has nothing behind it: that is not the same as finding nothing wrong. Reports that are
-- alike in this share the answer
rules_by_history as (
    select
        histories.rule_scope,
        histories.reports,
        histories.has_period_before,
        histories.has_last_year,
        array_agg(rules.rule_key order by rules.rule_key) as rule_keys,
        array_agg(
            case rules.kind
                when 'outlier' then histories.reports >= (rules.params ->> 'minimum_points')::integer
                when 'cumulative' then histories.is_first_of_year or histories.has_period_before
                when 'same_period' then histories.has_last_year
                else true
            end
            order by rules.rule_key
        ) as could_judge
    from (
        select
            rule_scope,
            is_first_of_year,
            reports,
            has_period_before,
            has_last_year
        from reports_before
        group by rule_scope, is_first_of_year, reports, has_period_before, has_last_year
    ) as histories
    inner join rules on histories.rule_scope = rules.rule_scope
    group by histories.rule_scope, histories.reports, histories.has_period_before, histories.has_last_year
),

failures_by_rule as (
    select
        failures.submission_id,
        rules_of_the_pack.rule_key,
        (count(*) filter (where failures.severity = 'critical'))::integer as critical,
        (count(*) filter (where failures.severity = 'warning'))::integer as warning,
        (count(*) filter (where failures.severity = 'info'))::integer as info,
        count(failures.waiver_id)::integer as waived
    from failures
    inner join rules_of_the_pack on failures.rule_code = rules_of_the_pack.rule_code
    group by failures.submission_id, rules_of_the_pack.rule_key
),

failures_of_submissions as (
    select
        submission_id,
        array_agg(rule_key order by rule_key) as rule_keys,
        array_agg(critical order by rule_key) as critical,
        array_agg(warning order by rule_key) as warning,
        array_agg(info order by rule_key) as info,
        array_agg(waived order by rule_key) as waived
    from failures_by_rule
    group by submission_id
),

-- reports of one history in which the same was found share the answer, too: most are like many others
reports_alike as (
    select
        reports_before.gate_run_id,
        reports_before.rule_scope,
        reports_before.reports,
        reports_before.has_period_before,
        reports_before.has_last_year,
        failed.rule_keys,
        failed.critical,
        failed.warning,
        failed.info,
        failed.waived,
        array_agg(reports_before.submission_id) as submission_ids
    from reports_before
    left join failures_of_submissions as failed on reports_before.submission_id = failed.submission_id
    group by
        reports_before.gate_run_id,
        reports_before.rule_scope,
        reports_before.reports,
        reports_before.has_period_before,
        reports_before.has_last_year,
        failed.rule_keys,
        failed.critical,
        failed.warning,
        failed.info,
        failed.waived
),

-- side by side in one row: most rules find nothing, and a row for each of them would be as many as there are figures. Materialized: put
-- together before there is a row for each report
results as materialized (
    select
        reports_alike.gate_run_id,
        reports_alike.submission_ids,
        rules_by_history.rule_keys,
        results_in_order.*
    from reports_alike
    inner join rules_by_history
        on
            reports_alike.rule_scope = rules_by_history.rule_scope
            and reports_alike.reports = rules_by_history.reports
            and reports_alike.has_period_before = rules_by_history.has_period_before
            and reports_alike.has_last_year = rules_by_history.has_last_year
    cross join lateral (
        select
            array_agg(applied.could_judge or found.rule_key is not null order by applied.position) as could_judge,
            array_agg(coalesce(found.critical, 0) order by applied.position) as failures_critical,
            array_agg(coalesce(found.warning, 0) order by applied.position) as failures_warning,
            array_agg(coalesce(found.info, 0) order by applied.position) as failures_info,
            array_agg(coalesce(found.waived, 0) order by applied.position) as failures_waived
        from
            unnest(rules_by_history.rule_keys, rules_by_history.could_judge) with ordinality
                as applied (rule_key, could_judge, position)
        left join
            unnest(reports_alike.rule_keys, reports_alike.critical, reports_alike.warning, reports_alike.info, reports_alike.waived)
                as found (rule_key, critical, warning, info, waived)
            on applied.rule_key = found.rule_key
    ) as results_in_order
)

select
    results.gate_run_id,
    alike.submission_id,
    results.rule_keys,
    results.could_judge,
    results.failures_critical,
    results.failures_warning,
    results.failures_info,
    results.failures_waived
from results
cross join lateral unnest(results.submission_ids) as alike (submission_id)
