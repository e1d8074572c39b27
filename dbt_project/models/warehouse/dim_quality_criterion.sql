{{ config(unique_key=['profile_code', 'profile_version', 'metric', 'pair_code']) }}

with criteria as (
    select
        profile_code,
        profile_version,
        metric,
        pair_code,
        name_vi,
        name_en,
        source,
        period_type,
        base_periods,
        a_indicator_code,
        b_indicator_code,
        threshold,
        deviations,
        up_to_deviations,
        minimum_points,
        minimum_value,
        valid_from,
        valid_to
    from {{ ref('stg_catalog__quality_criteria') }}
)

select * from criteria
