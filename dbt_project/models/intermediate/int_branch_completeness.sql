with figures as (
    select * from {{ ref('int_unit_figures') }}
    where is_owed
),

branches as (
    select * from {{ ref('int_branch_units') }}
),

nesting as (
    select * from {{ ref('int_period_nesting') }}
    where is_inside
),

reports_counted_by_unit_version as (
    select
        figures.indicator_key,
        figures.unit_key,
        figures.year,
        nesting.period_key,
        count(*) as owed,
        count(*) filter (where figures.is_owed_by_now) as owed_by_now,
        count(*) filter (where figures.is_owed_by_now and figures.is_answered) as answered
    from figures
    inner join nesting on figures.period_key = nesting.reported_period_key
    where {{ is_deciding('figures', 'nesting') }}
    group by figures.indicator_key, figures.unit_key, figures.year, nesting.period_key
),

-- a unit that has two versions in a period is one unit still
reports_counted_by_unit as (
    select
        reports.indicator_key,
        branches.unit_code,
        reports.period_key,
        branches.reporting_unit_code,
        sum(reports.owed) as owed,
        sum(reports.owed_by_now) as owed_by_now,
        sum(reports.answered) as answered
    from reports_counted_by_unit_version as reports
    inner join branches
        on
            reports.indicator_key = branches.indicator_key
            and reports.unit_key = branches.reporting_unit_key
            and reports.year = branches.year
    group by reports.indicator_key, branches.unit_code, reports.period_key, branches.reporting_unit_code
),

branches_counted as (
    select
        indicator_key,
        unit_code,
        period_key,
        (count(*) filter (where owed_by_now > 0 and answered = owed_by_now))::integer as reporting_units,
        count(*)::integer as expected_units,
        bool_and(answered = owed) as is_complete
    from reports_counted_by_unit
    group by indicator_key, unit_code, period_key
)

select * from branches_counted
