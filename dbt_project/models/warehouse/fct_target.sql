{{ config(
    unique_key=['indicator_key', 'unit_key', 'year', 'valid_from'],
    scope={'relation': 'int_target_touched', 'columns': ['indicator_key', 'year']},
) }}

with touched as (
    select * from {{ ref('int_target_touched') }}
),

given as (
    select * from {{ ref('stg_catalog__targets') }}
),

units as (
    select * from {{ ref('stg_catalog__units') }}
),

ancestors as (
    select * from {{ open_rows(ref('dim_unit_ancestor')) }}
    where map = 'as_reported'
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

targets as (
    select
        given.*,
        indicators.indicator_key,
        -- a target that is a rate by its nature or by its words is never added up
        given.rate is not null or indicators.kind = 'ratio' as is_rate
    from given
    inner join indicators on given.indicator_code = indicators.indicator_code
    inner join touched on indicators.indicator_key = touched.indicator_key and given.year = touched.year
),

years as (
    select year
    from touched
    group by year
),

-- each version of a unit in a year, and the days on which it stands for the unit; a unit that ends takes its plan to the year's end,
-- for what it has reported stays in the sums
unit_years as (
    select
        units.unit_key,
        units.unit_code,
        units.level,
        years.year,
        greatest(units.valid_from, make_date(years.year, 1, 1)) as valid_from,
        least(units.next_valid_from, make_date(years.year + 1, 1, 1)) as valid_to
    from units
    inner join years
        on
            units.valid_from < make_date(years.year + 1, 1, 1)
            and units.valid_to > make_date(years.year, 1, 1)
),

-- a number counts for its unit and for everything above it
numbers_upwards as (
    select
        targets.*,
        givers.valid_from as giver_valid_from,
        givers.valid_to as giver_valid_to,
        givers.unit_code as giver_code,
        0 as distance,
        ancestors.ancestor_code as holder_code
    from targets
    inner join unit_years as givers on targets.unit_code = givers.unit_code and targets.year = givers.year
    inner join ancestors on givers.unit_key = ancestors.unit_key
    where not targets.is_rate
),

-- a rate holds for its unit and everything below it
rates_downwards as (
    select
        targets.*,
        givers.valid_from as giver_valid_from,
        givers.valid_to as giver_valid_to,
        givers.unit_code as giver_code,
        -givers.level as distance,
        ancestors.unit_key as holder_key
    from targets
    inner join unit_years as givers on targets.unit_code = givers.unit_code and targets.year = givers.year
    inner join ancestors on targets.unit_code = ancestors.ancestor_code
    where targets.is_rate
),

targets_by_holder as (
    select
        numbers_upwards.indicator_key,
        holders.unit_key,
        numbers_upwards.year,
        greatest(numbers_upwards.valid_from, numbers_upwards.giver_valid_from, holders.valid_from) as valid_from,
        least(numbers_upwards.valid_to, numbers_upwards.giver_valid_to, holders.valid_to) as valid_to,
        numbers_upwards.target,
        numbers_upwards.comparison,
        numbers_upwards.rate,
        numbers_upwards.of_indicator_code,
        numbers_upwards.decision,
        case when holders.unit_code = numbers_upwards.giver_code then 1 else 3 end as precedence,
        numbers_upwards.distance
    from numbers_upwards
    inner join unit_years as holders
        on numbers_upwards.holder_code = holders.unit_code and numbers_upwards.year = holders.year
    union all
    select
        rates_downwards.indicator_key,
        holders.unit_key,
        rates_downwards.year,
        greatest(rates_downwards.valid_from, rates_downwards.giver_valid_from, holders.valid_from) as valid_from,
        least(rates_downwards.valid_to, rates_downwards.giver_valid_to, holders.valid_to) as valid_to,
        rates_downwards.target,
        rates_downwards.comparison,
        rates_downwards.rate,
        rates_downwards.of_indicator_code,
        rates_downwards.decision,
        case when holders.unit_code = rates_downwards.giver_code then 1 else 2 end as precedence,
        rates_downwards.distance
    from rates_downwards
    inner join unit_years as holders
        on rates_downwards.holder_key = holders.unit_key and rates_downwards.year = holders.year
),

parts as (
    select * from targets_by_holder
    where valid_from < valid_to
),

days_of_change as (
    select
        indicator_key,
        unit_key,
        year,
        valid_from as day
    from parts
    union
    select
        indicator_key,
        unit_key,
        year,
        valid_to as day
    from parts
),

spans as (
    select
        indicator_key,
        unit_key,
        year,
        day as valid_from,
        lead(day) over (partition by indicator_key, unit_key, year order by day) as valid_to
    from days_of_change
),

-- the unit's own target counts; without one the nearest rate above it; without that the sum of the numbers below
parts_in_their_spans as (
    select
        spans.indicator_key,
        spans.unit_key,
        spans.year,
        spans.valid_from,
        spans.valid_to,
        parts.target,
        parts.comparison,
        parts.rate,
        parts.of_indicator_code,
        parts.decision,
        parts.precedence,
        rank() over (
            partition by spans.indicator_key, spans.unit_key, spans.year, spans.valid_from
            order by parts.precedence, parts.distance
        ) as rank
    from spans
    inner join parts
        on
            spans.indicator_key = parts.indicator_key
            and spans.unit_key = parts.unit_key
            and spans.year = parts.year
            and spans.valid_from >= parts.valid_from
            and spans.valid_to <= parts.valid_to
),

targets_in_their_spans as (
    select
        indicator_key,
        unit_key,
        year,
        valid_from,
        valid_to,
        sum(target) as target,
        case when min(comparison) = max(comparison) then min(comparison) end as comparison,
        min(rate) as rate,
        min(of_indicator_code) as of_indicator_code,
        bool_or(precedence = 3) as is_sum,
        case when bool_and(precedence < 3) then min(decision) end as decision
    from parts_in_their_spans
    where rank = 1
    group by indicator_key, unit_key, year, valid_from, valid_to
),

targets_beside_the_span_before as (
    select
        *,
        lag(valid_to) over series as end_before,
        row(target, comparison, rate, of_indicator_code, is_sum, decision) as content,
        lag(row(target, comparison, rate, of_indicator_code, is_sum, decision)) over series as content_before
    from targets_in_their_spans
    window series as (partition by indicator_key, unit_key, year order by valid_from)
),

-- neighbours that say the same are one version
marked_where_a_version_begins as (
    select
        *,
        not coalesce(end_before = valid_from and content_before = content, false) as begins
    from targets_beside_the_span_before
),

numbered_versions as (
    select
        *,
        (count(*) filter (where begins) over (partition by indicator_key, unit_key, year order by valid_from))::integer as version
    from marked_where_a_version_begins
),

versions as (
    select
        indicator_key,
        unit_key,
        year,
        version,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to,
        min(target) as target,
        min(comparison) as comparison,
        min(rate) as rate,
        min(of_indicator_code) as of_indicator_code,
        bool_or(is_sum) as is_sum,
        min(decision) as decision
    from numbered_versions
    group by indicator_key, unit_key, year, version
),

versions_with_the_last_one as (
    select
        versions.indicator_key,
        versions.unit_key,
        versions.year,
        versions.valid_from,
        versions.valid_to,
        versions.version,
        versions.version = max(versions.version) over (
            partition by versions.indicator_key, versions.unit_key, versions.year
        ) as is_last,
        versions.target,
        versions.comparison,
        versions.rate,
        others.indicator_key as of_indicator_key,
        versions.is_sum,
        versions.decision
    from versions
    left join indicators as others on versions.of_indicator_code = others.indicator_code
)

select * from versions_with_the_last_one
