-- each version of a plan, with the days of its year on which it holds
with targets as (
    select * from {{ source('catalog', 'target') }}
    where pack_hash = (select catalog.pack_in_force())
),

targets_within_their_years as (
    select
        indicator_code,
        unit_code,
        year,
        greatest(valid_from, make_date(year, 1, 1)) as valid_from,
        least(valid_to, make_date(year + 1, 1, 1)) as valid_to,
        comparison,
        target,
        rate,
        of_indicator_code,
        decision
    from targets
)

select * from targets_within_their_years
