with terms as (
    select * from {{ source('catalog', 'rule_term') }}
),

indicators as (
    select * from {{ source('catalog', 'indicator') }}
),

terms_with_programmes as (
    select
        terms.pack_hash,
        terms.rule_code,
        terms.indicator_code,
        indicators.programme_code
    from terms
    inner join indicators
        on
            terms.pack_hash = indicators.pack_hash
            and terms.indicator_code = indicators.indicator_code
)

select * from terms_with_programmes
