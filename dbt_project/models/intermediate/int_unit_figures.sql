with branches as (
    select * from {{ ref('int_branch_units') }}
),

facts as (
    select * from {{ open_rows(ref('fct_indicator_value')) }}
),

figures_owed as (
    select * from {{ ref('int_figures_owed') }}
),

partitions as (
    select * from {{ open_rows(ref('dim_partition')) }}
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
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
        bool_or({{ is_answer('facts') }}) as is_answered,
        bool_and(facts.state = 'blank') as is_blank
    from facts
    inner join periods on facts.period_key = periods.period_key
    inner join needed on facts.indicator_key = needed.indicator_key and periods.year = needed.year
    where facts.role = 'additive' and facts.measure = 'value'
    group by facts.indicator_key, facts.unit_key, facts.period_key, facts.breakdown_key
),

figures_reported as (
    {{ with_wholes('figures_sent', ['indicator_key', 'unit_key', 'period_key']) }}
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
        {{ deciding('indicators') }} as deciding,
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
