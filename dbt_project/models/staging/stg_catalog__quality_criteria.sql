with profiles as (
    select * from {{ source('catalog', 'quality_profile') }}
    where pack_hash = (select catalog.pack_in_force())
),

criteria as (
    select * from {{ source('catalog', 'quality_criterion') }}
    where pack_hash = (select catalog.pack_in_force())
),

criteria_with_profiles as (
    select
        criteria.profile_code,
        criteria.version as profile_version,
        criteria.metric,
        criteria.pair_code,
        profiles.name_vi,
        profiles.name_en,
        profiles.source,
        profiles.period_type,
        profiles.base_periods,
        criteria.a_indicator_code,
        criteria.b_indicator_code,
        criteria.threshold,
        criteria.deviations,
        criteria.up_to_deviations,
        criteria.minimum_points,
        criteria.minimum_value,
        profiles.valid_from,
        profiles.valid_to
    from criteria
    inner join profiles on criteria.profile_code = profiles.profile_code and criteria.version = profiles.version
)

select * from criteria_with_profiles
