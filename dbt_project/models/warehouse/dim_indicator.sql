{{ config(unique_key=['indicator_key']) }}

with indicators as (
    select * from {{ ref('stg_catalog__indicators') }}
),

programmes as (
    select * from {{ ref('stg_catalog__programmes') }}
),

indicators_with_programmes as (
    select
        indicators.indicator_key,
        indicators.indicator_code,
        indicators.name_vi,
        indicators.name_en,
        indicators.sort_order,
        indicators.programme_code,
        programmes.programme_name_vi,
        programmes.programme_name_en,
        indicators.unit_of_measure,
        indicators.kind,
        indicators.stock_at,
        indicators.decimals,
        indicators.numerator_code,
        indicators.denominator_code,
        indicators.factor,
        indicators.better,
        indicators.suppress_below,
        coalesce(
            indicators.suppress_below is not null
            or numerators.suppress_below is not null
            or denominators.suppress_below is not null,
            false
        ) as is_suppressible
    from indicators
    left join programmes on indicators.programme_code = programmes.programme_code
    left join indicators as numerators on indicators.numerator_code = numerators.indicator_code
    left join indicators as denominators on indicators.denominator_code = denominators.indicator_code
)

select * from indicators_with_programmes
