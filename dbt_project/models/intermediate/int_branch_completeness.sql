with figures as (
    select * from {{ ref('int_unit_figures') }}
    where is_owed
),

branches as (
    select * from {{ ref('int_branch_units') }}
),

nesting as (
    select * from {{ ref('int_period_nesting') }}
),

reports_counted_by_unit_version as (
    select
        figures.indicator_key,
        figures.unit_key,
        figures.year,
        figures.breakdown_key,
        nesting.period_key,
        count(*) as owed,
        count(*) filter (where figures.is_owed_by_now) as owed_by_now,
        count(*) filter (where figures.is_owed_by_now and figures.is_answered) as answered
    from figures
    inner join nesting on figures.period_key = nesting.reported_period_key and nesting.is_inside
    where {{ is_deciding('figures', 'nesting') }}
    group by figures.indicator_key, figures.unit_key, figures.year, figures.breakdown_key, nesting.period_key
),

-- a unit that has two versions in a period is one unit still
reports_counted_by_unit as (
    select
        branches.map,
        reports.indicator_key,
        branches.unit_code,
        reports.breakdown_key,
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
    group by
        branches.map,
        reports.indicator_key,
        branches.unit_code,
        reports.breakdown_key,
        reports.period_key,
        branches.reporting_unit_code
),

branches_counted as (
    select
        map,
        indicator_key,
        unit_code,
        breakdown_key,
        period_key,
        (count(*) filter (where owed_by_now > 0 and answered = owed_by_now))::integer as reporting_units,
        count(*)::integer as expected_units,
        bool_and(answered = owed) as is_complete
    from reports_counted_by_unit
    group by map, indicator_key, unit_code, breakdown_key, period_key
),

-- of a cumulative figure the reports are counted: most units miss one of twelve sooner or later
reports_of_the_reported_periods as (
    select
        branches.map,
        figures.indicator_key,
        branches.unit_code,
        figures.breakdown_key,
        figures.period_key,
        figures.deciding,
        count(*) as owed,
        count(*) filter (where figures.is_owed_by_now and figures.is_answered) as answered
    from figures
    inner join branches
        on
            figures.indicator_key = branches.indicator_key
            and figures.unit_key = branches.reporting_unit_key
            and figures.year = branches.year
    group by
        branches.map,
        figures.indicator_key,
        branches.unit_code,
        figures.breakdown_key,
        figures.period_key,
        figures.deciding
),

reports_since_january as (
    select
        reports.map,
        reports.indicator_key,
        reports.unit_code,
        reports.breakdown_key,
        nesting.period_key,
        sum(reports.answered)::integer as ytd_reports,
        sum(reports.owed)::integer as ytd_expected_reports
    from reports_of_the_reported_periods as reports
    inner join nesting on reports.period_key = nesting.reported_period_key
    where reports.deciding = 'all' or (nesting.is_inside and {{ is_deciding('reports', 'nesting') }})
    group by reports.map, reports.indicator_key, reports.unit_code, reports.breakdown_key, nesting.period_key
),

branches_with_both_counts as (
    select
        reports_since_january.map,
        reports_since_january.indicator_key,
        reports_since_january.unit_code,
        reports_since_january.breakdown_key,
        reports_since_january.period_key,
        coalesce(branches_counted.reporting_units, 0) as reporting_units,
        coalesce(branches_counted.expected_units, 0) as expected_units,
        coalesce(branches_counted.is_complete, false) as is_complete,
        reports_since_january.ytd_reports,
        reports_since_january.ytd_expected_reports
    from reports_since_january
    left join branches_counted
        on
            reports_since_january.map = branches_counted.map
            and reports_since_january.indicator_key = branches_counted.indicator_key
            and reports_since_january.unit_code = branches_counted.unit_code
            and reports_since_january.breakdown_key = branches_counted.breakdown_key
            and reports_since_january.period_key = branches_counted.period_key
)

select * from branches_with_both_counts
