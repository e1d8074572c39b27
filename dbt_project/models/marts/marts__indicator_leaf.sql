with figures as (
    select * from {{ published_rows(ref('agg_indicator_period')) }}
),

units as (
    select * from {{ published_rows(ref('dim_unit')) }}
),

indicators as (
    select * from {{ published_rows(ref('dim_indicator')) }}
),

periods as (
    select * from {{ published_rows(ref('dim_period')) }}
),

own_figures as (
    select
        figures.unit_key,
        units.unit_code,
        units.level,
        figures.indicator_key,
        indicators.indicator_code,
        indicators.kind,
        figures.period_key,
        periods.period_code,
        periods.period_type,
        figures.year,
        {{ shown('figures', 'own_value') }} as value,
        {{ shown('figures', 'own_ytd_value') }} as ytd_value,
        {{ is_hidden('figures', 'hides_own_value') }} as is_suppressed
    from figures
    inner join units on figures.unit_key = units.unit_key
    inner join indicators on figures.indicator_key = indicators.indicator_key
    inner join periods on figures.period_key = periods.period_key
    where figures.is_submitting and figures.map <> 'today'
)

select * from own_figures
