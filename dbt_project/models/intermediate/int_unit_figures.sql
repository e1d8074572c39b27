with branches as (
    select * from {{ ref('int_branch_units') }}
),

facts as (
    select * from {{ open_rows(ref('fct_indicator_value')) }}
),

published_duties as (
    select * from {{ open_rows(ref('fct_reporting_duty')) }}
),

duties as (
    select * from {{ ref('stg_catalog__duties') }}
),

forms as (
    select * from {{ ref('stg_catalog__forms') }}
),

form_figures as (
    select * from {{ ref('stg_catalog__form_figures') }}
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

units as (
    select * from {{ ref('stg_catalog__units') }}
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

needed as (
    select
        indicator_key,
        year
    from branches
    group by indicator_key, year
),

figures_reported as (
    select
        facts.indicator_key,
        facts.unit_key,
        facts.period_key,
        sum(facts.value) as value,
        bool_or(facts.state in ('number', 'zero', 'not_applicable')) as is_answered
    from facts
    inner join periods on facts.period_key = periods.period_key
    inner join needed on facts.indicator_key = needed.indicator_key and periods.year = needed.year
    where facts.role = 'additive' and facts.measure = 'value' and facts.breakdown_key = 0
    group by facts.indicator_key, facts.unit_key, facts.period_key
),

-- also those of periods that are not published yet: a year is complete when its December is there
reports_owed as (
    select
        forms.form_code,
        forms.form_version,
        units.unit_key,
        periods.period_key,
        periods.year,
        published_duties.period_key is not null as is_published
    from duties
    inner join periods on duties.period_code = periods.period_code
    inner join forms
        on
            duties.form_code = forms.form_code
            and forms.valid_from <= periods.end_date
            and forms.valid_to > periods.end_date
    inner join units on duties.unit_code = units.unit_code and {{ claims_period('units', 'periods') }}
    left join published_duties
        on
            periods.period_key = published_duties.period_key
            and forms.form_key = published_duties.form_key
            and units.unit_key = published_duties.unit_key
    where periods.year in (select needed.year from needed)
),

figures_owed as (
    select
        indicators.indicator_key,
        reports_owed.unit_key,
        reports_owed.period_key,
        bool_or(reports_owed.is_published) as is_published
    from reports_owed
    inner join form_figures
        on
            reports_owed.form_code = form_figures.form_code
            and reports_owed.form_version = form_figures.form_version
    inner join indicators on form_figures.indicator_code = indicators.indicator_code
    inner join needed on indicators.indicator_key = needed.indicator_key and reports_owed.year = needed.year
    where form_figures.role = 'additive' and form_figures.measure = 'value' and form_figures.breakdown_code = 'TOTAL'
    group by indicators.indicator_key, reports_owed.unit_key, reports_owed.period_key
),

figures_reported_and_owed as (
    select
        coalesce(figures_reported.indicator_key, figures_owed.indicator_key) as indicator_key,
        coalesce(figures_reported.unit_key, figures_owed.unit_key) as unit_key,
        coalesce(figures_reported.period_key, figures_owed.period_key) as period_key,
        figures_reported.value,
        coalesce(figures_reported.is_answered, false) as is_answered,
        figures_owed.period_key is not null as is_owed,
        coalesce(figures_owed.is_published, false) as is_owed_by_now,
        figures_reported.period_key is not null or coalesce(figures_owed.is_published, false) as is_published
    from figures_reported
    full join figures_owed
        on
            figures_reported.indicator_key = figures_owed.indicator_key
            and figures_reported.unit_key = figures_owed.unit_key
            and figures_reported.period_key = figures_owed.period_key
),

figures_described as (
    select
        figures_reported_and_owed.indicator_key,
        figures_reported_and_owed.unit_key,
        figures_reported_and_owed.period_key,
        periods.year,
        -- which reports make the value of a longer period: all of a flow; of a stock that of the last (or first) month, not the last one
        -- found; a ratio that is only submitted stands for its own period
        case
            when indicators.kind = 'flow' then 'all'
            when indicators.kind = 'ratio' then 'same'
            when indicators.stock_at = 'start' then 'first'
            else 'last'
        end as deciding,
        figures_reported_and_owed.value,
        figures_reported_and_owed.is_answered,
        figures_reported_and_owed.is_owed,
        figures_reported_and_owed.is_owed_by_now,
        figures_reported_and_owed.is_published
    from figures_reported_and_owed
    inner join periods on figures_reported_and_owed.period_key = periods.period_key
    inner join indicators on figures_reported_and_owed.indicator_key = indicators.indicator_key
)

select * from figures_described
