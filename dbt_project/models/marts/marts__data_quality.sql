with duties as (
    select * from {{ published_rows(ref('fct_reporting_duty')) }}
),

submissions as (
    select * from {{ published_rows(ref('fct_submission')) }}
    where status <> 'withdrawn'
),

units as (
    select * from {{ published_rows(ref('dim_unit')) }}
),

forms as (
    select * from {{ published_rows(ref('dim_form')) }}
),

periods as (
    select * from {{ published_rows(ref('dim_period')) }}
),

slots_judged as (
    select
        duties.unit_key,
        units.unit_code,
        duties.form_key,
        forms.form_code,
        duties.period_key,
        periods.period_code,
        case
            when submissions_that_speak.submission_id is null then 'missing'
            when submissions_that_speak.status = 'superseded' then 'held'
            else submissions_that_speak.status
        end as status,
        submissions_that_speak.submission_id,
        coalesce(submissions_that_speak.versions, 0)::integer as versions,
        duties.due_at,
        submissions_that_speak.first_received_at,
        submissions_that_speak.last_received_at,
        coalesce(submissions_that_speak.first_received_at <= duties.due_at, false) as is_first_on_time,
        coalesce(submissions_that_speak.last_received_at <= duties.due_at, false) as is_last_on_time,
        coalesce(submissions_that_speak.cells_expected, 0) as cells_expected,
        coalesce(submissions_that_speak.cells_filled, 0) as cells_filled,
        coalesce(submissions_that_speak.findings_critical, 0) as findings_critical,
        coalesce(submissions_that_speak.findings_warning, 0) as findings_warning,
        coalesce(submissions_that_speak.findings_info, 0) as findings_info,
        coalesce(submissions_that_speak.failures_critical, 0) as failures_critical,
        coalesce(submissions_that_speak.failures_warning, 0) as failures_warning,
        coalesce(submissions_that_speak.failures_info, 0) as failures_info
    from duties
    inner join units on duties.unit_key = units.unit_key
    inner join forms on duties.form_key = forms.form_key
    inner join periods on duties.period_key = periods.period_key
    -- the submission that speaks for a slot: the one in force, else the latest. Looked up slot by slot: most queries ask for few of them
    left join
        lateral (
            select
                submissions.*,
                count(*) over () as versions,
                min(submissions.received_at) over () as first_received_at,
                max(submissions.received_at) over () as last_received_at
            from submissions
            where
                submissions.unit_key = duties.unit_key
                and submissions.period_key = duties.period_key
                and submissions.form_key = duties.form_key
            order by submissions.status = 'in_force' desc, submissions.received_at desc, submissions.version desc
            limit 1
        ) as submissions_that_speak
        on true
),

slots_measured as (
    select
        *,
        least(100, coalesce(100.0 * cells_filled / nullif(cells_expected, 0), 0)) as completeness_pct,
        case when is_first_on_time then 100.0 else 0.0 end as timeliness_pct,
        case
            when status <> 'in_force' then 0.0
            else greatest(
                0,
                100.0 - 100.0 * (findings_critical + findings_warning + failures_critical + failures_warning)
                / greatest(cells_filled, 1)
            )
        end as correctness_pct
    from slots_judged
),

slots_scored as (
    select
        *,
        (completeness_pct + timeliness_pct + correctness_pct) / 3 as score
    from slots_measured
)

select * from slots_scored
