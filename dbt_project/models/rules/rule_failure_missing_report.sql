with rules as (
    select * from {{ ref('stg_catalog__rules') }} where kind = 'missing_report'
),

judgement as (
    select
        gate_run_id,
        started_at
    from {{ ref('stg_audit__judged_submissions') }}
    group by gate_run_id, started_at
),

judged_periods as (
    select
        period_code,
        period_type,
        start_date,
        end_date
    from {{ ref('int_submissions_in_view') }}
    where gate_run_id is not null
    group by period_code, period_type, start_date, end_date
),

duties as (
    select * from {{ ref('stg_catalog__duties') }}
),

units as (
    select * from {{ ref('stg_catalog__units') }}
),

pack as (
    select * from {{ ref('stg_catalog__pack') }}
),

submissions as (
    select * from {{ ref('stg_submissions__submissions') }}
),

verdicts as (
    select * from {{ ref('stg_audit__verdict_history') }}
),

withdrawn as (
    select submission_id
    from verdicts
    where verdict = 'withdrawn'
),

-- a report that was held back has come: it is not missing; one that was withdrawn is
duties_overdue as (
    select
        judgement.gate_run_id,
        duties.unit_code,
        duties.form_code,
        duties.period_code,
        duties.due_at,
        judged_periods.period_type,
        judged_periods.end_date,
        units.path as unit_path,
        units.unit_type
    from judgement
    inner join duties on judgement.started_at > duties.due_at
    inner join judged_periods on duties.period_code = judged_periods.period_code
    left join units
        on
            duties.unit_code = units.unit_code
            and {{ claims_period('units', 'judged_periods') }}
    where
        not exists (
            select 1
            from submissions
            where
                submissions.unit_code = duties.unit_code
                and submissions.form_code = duties.form_code
                and submissions.period_code = duties.period_code
                and submissions.submission_id not in (select withdrawn.submission_id from withdrawn)
        )
)

select
    duties_overdue.gate_run_id,
    rules.rule_code,
    rules.kind,
    coalesce(rules.severity_by_form ->> duties_overdue.form_code, rules.severity) as severity,
    null::bigint as submission_id,
    duties_overdue.unit_code,
    duties_overdue.form_code,
    duties_overdue.period_code,
    null::text as indicator_code,
    null::text as measure,
    null::text as sheet,
    null::text as cell,
    null::numeric as found,
    null::numeric as expected,
    null::numeric as tolerance,
    null::text as found_text,
    to_char(duties_overdue.due_at at time zone pack.time_zone, 'YYYY-MM-DD') as expected_text,
    '[]'::jsonb as cells
from duties_overdue
cross join pack
inner join rules on {{ in_scope('rules', 'duties_overdue') }}
