with units as (
    select * from {{ published_rows(ref('dim_unit')) }}
),

versions_compared_with_the_one_before as (
    select
        *,
        coalesce(lag(official_code) over versions, '') = coalesce(official_code, '')
        and lag(valid_to) over versions = valid_from as goes_on
    from units
    window versions as (partition by unit_code order by valid_from)
),

versions_in_stretches as (
    select
        *,
        count(*) filter (where goes_on is not true) over (partition by unit_code order by valid_from) as stretch
    from versions_compared_with_the_one_before
),

codes_borne as (
    select
        official_code,
        unit_code,
        (array_agg(name_vi order by valid_from desc))[1] as name_vi,
        (array_agg(name_en order by valid_from desc))[1] as name_en,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to
    from versions_in_stretches
    where official_code is not null
    group by official_code, unit_code, stretch
),

codes_marked_as_reused as (
    select
        official_code,
        unit_code,
        name_vi,
        name_en,
        valid_from,
        valid_to,
        min(unit_code) over (partition by official_code) <> max(unit_code) over (partition by official_code) as is_reused
    from codes_borne
)

select * from codes_marked_as_reused
