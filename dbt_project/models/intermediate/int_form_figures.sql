with form_figures as (
    select * from {{ ref('stg_catalog__form_figures') }}
    where role = 'additive' and measure = 'value'
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

breakdowns as (
    select * from {{ open_rows(ref('dim_breakdown')) }}
),

partitions as (
    select * from {{ open_rows(ref('dim_partition')) }}
),

figures_asked_for as (
    select
        form_figures.form_code,
        form_figures.form_version,
        indicators.indicator_key,
        indicators.kind,
        breakdowns.breakdown_key
    from form_figures
    inner join indicators on form_figures.indicator_code = indicators.indicator_code
    inner join breakdowns on form_figures.breakdown_code = breakdowns.breakdown_code
),

-- who owes all parts owes the whole
wholes_made_of_parts as (
    select
        figures_asked_for.form_code,
        figures_asked_for.form_version,
        figures_asked_for.indicator_key,
        partitions.whole_key as breakdown_key
    from figures_asked_for
    inner join partitions on figures_asked_for.breakdown_key = partitions.part_key
    where figures_asked_for.kind <> 'ratio'
    group by
        figures_asked_for.form_code,
        figures_asked_for.form_version,
        figures_asked_for.indicator_key,
        partitions.partition_code,
        partitions.whole_key,
        partitions.parts
    having count(*) = partitions.parts
),

figures_with_wholes as (
    select
        form_code,
        form_version,
        indicator_key,
        breakdown_key
    from figures_asked_for
    union
    select * from wholes_made_of_parts
)

select * from figures_with_wholes
