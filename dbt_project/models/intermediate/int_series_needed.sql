{{ config(post_hook=["analyze {{ this }}"]) }}

with touched as (
    select * from {{ ref('int_series_touched') }}
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

parts as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

-- a ratio is computed from its numerator and denominator, touched or not
series_with_components as (
    select
        touched.indicator_key,
        touched.unit_code,
        touched.year
    from touched
    union
    select
        parts.indicator_key,
        touched.unit_code,
        touched.year
    from touched
    inner join indicators on touched.indicator_key = indicators.indicator_key
    inner join parts on parts.indicator_code in (indicators.numerator_code, indicators.denominator_code)
)

select * from series_with_components
