with targets as (
    select * from {{ published_rows(ref('fct_target')) }}
),

others as (
    select * from {{ published_rows(ref('dim_indicator')) }}
),

targets_with_codes as (
    select
        targets.indicator_key,
        targets.unit_key,
        targets.year,
        targets.valid_from,
        targets.valid_to,
        targets.version,
        targets.is_last,
        targets.target,
        targets.comparison,
        targets.rate,
        targets.of_indicator_key,
        others.indicator_code as of_indicator_code,
        targets.is_sum,
        targets.decision
    from targets
    left join others on targets.of_indicator_key = others.indicator_key
)

select * from targets_with_codes
