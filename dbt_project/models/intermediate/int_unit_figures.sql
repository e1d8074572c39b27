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

figures_asked_for as (
    select * from {{ ref('int_form_figures') }}
),

partitions as (
    select * from {{ open_rows(ref('dim_partition')) }}
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

figures_sent as (
    select
        facts.indicator_key,
        facts.unit_key,
        facts.period_key,
        facts.breakdown_key,
        sum(facts.value) as value,
        bool_or(facts.state in ('number', 'zero', 'not_applicable')) as is_answered,
        bool_and(facts.state = 'blank') as is_blank
    from facts
    inner join periods on facts.period_key = periods.period_key
    inner join needed on facts.indicator_key = needed.indicator_key and periods.year = needed.year
    where facts.role = 'additive' and facts.measure = 'value'
    group by facts.indicator_key, facts.unit_key, facts.period_key, facts.breakdown_key
),

-- only all parts of one partition make a whole; women and the young overlap, and what nobody has answered is not zero
sums_of_all_parts as (
    select
        figures_sent.indicator_key,
        figures_sent.unit_key,
        figures_sent.period_key,
        partitions.whole_key as breakdown_key,
        partitions.precedence,
        sum(figures_sent.value) as value
    from figures_sent
    inner join partitions on figures_sent.breakdown_key = partitions.part_key
    inner join indicators on figures_sent.indicator_key = indicators.indicator_key
    where figures_sent.is_answered and indicators.kind <> 'ratio'
    group by
        figures_sent.indicator_key,
        figures_sent.unit_key,
        figures_sent.period_key,
        partitions.whole_key,
        partitions.precedence,
        partitions.parts
    having count(*) = partitions.parts
),

wholes_made_of_parts as (
    select distinct on (indicator_key, unit_key, period_key, breakdown_key) *
    from sums_of_all_parts
    order by indicator_key, unit_key, period_key, breakdown_key, precedence
),

-- what was sent counts; where nothing was, the sum of the parts
figures_reported as (
    select
        coalesce(figures_sent.indicator_key, wholes.indicator_key) as indicator_key,
        coalesce(figures_sent.unit_key, wholes.unit_key) as unit_key,
        coalesce(figures_sent.period_key, wholes.period_key) as period_key,
        coalesce(figures_sent.breakdown_key, wholes.breakdown_key) as breakdown_key,
        case when coalesce(figures_sent.is_blank, true) then wholes.value else figures_sent.value end as value,
        coalesce(figures_sent.is_answered, false)
        or (coalesce(figures_sent.is_blank, true) and wholes.period_key is not null) as is_answered
    from figures_sent
    full join wholes_made_of_parts as wholes
        on
            figures_sent.indicator_key = wholes.indicator_key
            and figures_sent.unit_key = wholes.unit_key
            and figures_sent.period_key = wholes.period_key
            and figures_sent.breakdown_key = wholes.breakdown_key
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
),

figures_reported_and_owed as (
    select
        coalesce(figures_reported.indicator_key, figures_owed.indicator_key) as indicator_key,
        coalesce(figures_reported.unit_key, figures_owed.unit_key) as unit_key,
        coalesce(figures_reported.period_key, figures_owed.period_key) as period_key,
        coalesce(figures_reported.breakdown_key, figures_owed.breakdown_key) as breakdown_key,
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
            and figures_reported.breakdown_key = figures_owed.breakdown_key
),

figures_described as (
    select
        figures_reported_and_owed.indicator_key,
        figures_reported_and_owed.unit_key,
        figures_reported_and_owed.period_key,
        figures_reported_and_owed.breakdown_key,
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
