{{
    config(
        pre_hook=["{{ forget_everything() }}"],
        post_hook=["analyze {{ this }}"],
        indexes=[
            {'columns': ['submission_id'], 'unique': true},
            {'columns': ['unit_code', 'form_code', 'period_code']},
        ],
    )
}}

with submissions_of_all_time as not materialized (
    select
        submission_id,
        unit_code,
        form_code,
        form_version,
        receipt_id,
        version,
        received_at,
        period_code
    from {{ ref('stg_submissions__submissions') }}
),

verdicts as (
    select * from {{ ref('stg_audit__verdict_history') }}
),

judged as (
    select * from {{ ref('stg_audit__judged_submissions') }}
),

units as (
    select * from {{ ref('stg_catalog__units') }}
),

rules as (
    select * from {{ ref('stg_catalog__rules') }}
),

-- materialized: the reports under judgement are found by their key
judged_slots as materialized (
    select
        submissions_of_all_time.unit_code,
        submissions_of_all_time.period_code
    from judged
    inner join submissions_of_all_time on judged.submission_id = submissions_of_all_time.submission_id
),

-- those that a judgement can reach: what is done to all below must not take the longer the more years and units there are
submissions as (
    select *
    from submissions_of_all_time
    where
        period_code = any(array(select distinct judged_slots.period_code from judged_slots)) -- few, and quick to compare
        or unit_code in (select judged_slots.unit_code from judged_slots)
),

period_types as (
    select
        period_code,
        left(period_code, 4)::integer as year,
        case
            when period_code like '____-W__' then 'week'
            when period_code like '____-Q_' then 'quarter'
            when period_code like '____-H1' then 'half'
            when period_code like '____-9M' then 'nine_months'
            when period_code like '____-__' then 'month'
            else 'year'
        end as period_type
    from submissions
    group by period_code
),

period_starts as (
    select
        period_code,
        period_type,
        case period_type
            when 'month' then to_date(period_code, 'YYYY-MM')
            when 'week' then to_date(period_code, 'IYYY"-W"IW')
            when 'quarter' then make_date(year, 3 * right(period_code, 1)::integer - 2, 1)
            else make_date(year, 1, 1)
        end as start_date
    from period_types
),

periods as (
    select
        period_code,
        period_type,
        start_date,
        case period_type
            when 'month' then start_date + interval '1 month'
            when 'week' then start_date + interval '7 days'
            when 'quarter' then start_date + interval '3 months'
            when 'half' then start_date + interval '6 months'
            when 'nine_months' then start_date + interval '9 months'
            else start_date + interval '1 year'
        end::date - 1 as end_date,
        case period_type
            when 'month' then to_char(start_date - interval '1 month', 'YYYY-MM')
            when 'week' then to_char(start_date - interval '7 days', 'IYYY"-W"IW')
            when 'quarter' then to_char(start_date - interval '3 months', 'YYYY"-Q"Q')
        end as previous_period_code,
        (left(period_code, 4)::integer - 1)::text || substr(period_code, 5) as same_period_last_year_code,
        case period_type
            when 'week' then period_code like '____-W01'
            else extract(month from start_date) = 1
        end as is_first_of_year
    from period_starts
),

submissions_placed_in_time as (
    select
        submissions.submission_id,
        submissions.unit_code,
        submissions.form_code,
        submissions.form_version,
        submissions.receipt_id,
        submissions.version,
        submissions.received_at,
        periods.*,
        judged.gate_run_id
    from submissions
    inner join periods on submissions.period_code = periods.period_code
    left join judged on submissions.submission_id = judged.submission_id
),

judged_periods as (
    select period_code
    from submissions_placed_in_time
    where gate_run_id is not null
    group by period_code
),

-- the history that a unit's reports are compared with: three years before the earliest one under judgement
judged_series as (
    select
        unit_code,
        form_code,
        period_type,
        min(start_date) - interval '36 months' as from_date,
        max(start_date) as to_date
    from submissions_placed_in_time
    where gate_run_id is not null
    group by unit_code, form_code, period_type
),

submissions_in_reach as (
    select submissions_placed_in_time.*
    from submissions_placed_in_time
    left join judged_periods on submissions_placed_in_time.period_code = judged_periods.period_code
    left join judged_series
        on
            submissions_placed_in_time.unit_code = judged_series.unit_code
            and submissions_placed_in_time.form_code = judged_series.form_code
            and submissions_placed_in_time.period_type = judged_series.period_type
            and submissions_placed_in_time.start_date between judged_series.from_date and judged_series.to_date
    where judged_periods.period_code is not null or judged_series.unit_code is not null
),

submissions_with_last_verdict as (
    select
        submissions_in_reach.*,
        last_verdict.verdict
    from submissions_in_reach
    left join lateral (
        select verdicts.verdict
        from verdicts
        where verdicts.submission_id = submissions_in_reach.submission_id
        order by verdicts.verdict_id desc
        limit 1
    ) as last_verdict on true
),

submissions_that_count as (
    select
        *,
        row_number() over (
            partition by unit_code, form_code, period_code
            order by received_at desc, version desc
        ) = 1 as is_in_view
    from submissions_with_last_verdict
    where gate_run_id is not null or verdict in ('accepted', 'accepted_with_warnings')
),

submissions_with_unit as (
    select
        submissions_that_count.*,
        units.path as unit_path,
        units.unit_type
    from submissions_that_count
    left join units
        on
            submissions_that_count.unit_code = units.unit_code
            and {{ claims_period('units', 'submissions_that_count') }}
    where submissions_that_count.is_in_view or submissions_that_count.gate_run_id is not null
),

units_named_by_rules as (
    select array_agg(named.unit_code) as unit_codes
    from rules
    cross join lateral unnest(rules.units) as named (unit_code)
),

-- all that the scope of a rule asks of a report: the same rules apply to reports that are alike in it
scopes as (
    select
        submissions_with_unit.submission_id,
        dense_rank() over (
            order by
                submissions_with_unit.form_code,
                submissions_with_unit.period_code,
                submissions_with_unit.unit_type,
                array(
                    select above.unit_code
                    from unnest(string_to_array(submissions_with_unit.unit_path, '/')) as above (unit_code)
                    where above.unit_code = any(units_named_by_rules.unit_codes)
                )
        )::integer as rule_scope
    from submissions_with_unit
    cross join units_named_by_rules
    where submissions_with_unit.gate_run_id is not null
)

select
    submissions_with_unit.gate_run_id,
    submissions_with_unit.submission_id,
    submissions_with_unit.receipt_id,
    submissions_with_unit.unit_code,
    submissions_with_unit.unit_path,
    submissions_with_unit.unit_type,
    submissions_with_unit.form_code,
    submissions_with_unit.form_version,
    submissions_with_unit.period_code,
    submissions_with_unit.period_type,
    submissions_with_unit.start_date,
    submissions_with_unit.end_date,
    submissions_with_unit.is_first_of_year,
    submissions_with_unit.previous_period_code,
    submissions_with_unit.same_period_last_year_code,
    submissions_with_unit.is_in_view,
    scopes.rule_scope
from submissions_with_unit
left join scopes on submissions_with_unit.submission_id = scopes.submission_id
