with recursive units as (
    select * from {{ ref('stg_catalog__units') }}
),

successions as (
    select * from {{ ref('stg_catalog__unit_succession') }}
),

-- what a version goes over into: its successors, else its own next version, else what it stood below (its figures stay in those sums)
links as (
    select
        units.unit_key,
        successors.unit_key as next_key,
        successions.weight
    from units
    inner join successions on units.unit_code = successions.old_code and units.valid_to = successions.changed_on
    inner join units as successors
        on
            successions.new_code = successors.unit_code
            and successors.valid_from <= successions.changed_on
            and successors.valid_to > successions.changed_on
),

own_next_versions as (
    select
        units.unit_key,
        next_versions.unit_key as next_key,
        1::numeric as weight
    from units
    inner join units as next_versions
        on units.unit_code = next_versions.unit_code and units.next_valid_from = next_versions.valid_from
    where units.unit_key not in (select links.unit_key from links)
),

parents as (
    select
        units.unit_key,
        parents.unit_key as next_key,
        1::numeric as weight
    from units
    inner join units as parents
        on
            units.parent_code = parents.unit_code
            and parents.valid_from < units.valid_to
            and parents.valid_to >= units.valid_to
    where
        units.valid_to < date '9999-12-31'
        and units.unit_key not in (select links.unit_key from links)
        and units.unit_key not in (select own_next_versions.unit_key from own_next_versions)
),

steps as (
    select
        *,
        false as is_end
    from links
    union all
    select
        *,
        false as is_end
    from own_next_versions
    union all
    select
        *,
        true as is_end
    from parents
),

-- each step leads to a version that ends later, or to a unit above one that ends with it; the last version is the one before that
ways as (
    select
        unit_key,
        unit_key as reached_key,
        unit_key as last_key,
        1::numeric as weight
    from units
    union all
    select
        ways.unit_key,
        steps.next_key as reached_key,
        case when steps.is_end or ways.last_key <> ways.reached_key then ways.last_key else steps.next_key end as last_key,
        ways.weight * steps.weight as weight
    from ways
    inner join steps on ways.reached_key = steps.unit_key
),

places as (
    select
        ways.unit_key,
        units.unit_key as today_unit_key,
        units.unit_code as today_unit_code,
        ways.last_key as last_unit_key,
        sum(ways.weight) as weight
    from ways
    inner join units on ways.reached_key = units.unit_key
    where units.valid_to = date '9999-12-31'
    group by ways.unit_key, units.unit_key, units.unit_code, ways.last_key
)

select * from places
