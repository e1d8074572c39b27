with branches as (
    select * from {{ ref('int_branch_units') }}
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

figures_asked_for as (
    select * from {{ ref('int_form_figures') }}
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
        figures_asked_for.indicator_key,
        reports_owed.unit_key,
        reports_owed.period_key,
        figures_asked_for.breakdown_key,
        bool_or(reports_owed.is_published) as is_published
    from reports_owed
    inner join figures_asked_for
        on
            reports_owed.form_code = figures_asked_for.form_code
            and reports_owed.form_version = figures_asked_for.form_version
    inner join needed on figures_asked_for.indicator_key = needed.indicator_key and reports_owed.year = needed.year
    group by figures_asked_for.indicator_key, reports_owed.unit_key, reports_owed.period_key, figures_asked_for.breakdown_key
)

select * from figures_owed
