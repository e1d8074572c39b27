with candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

pack as (
    select * from {{ ref('stg_catalog__pack') }}
),

facts as (
    select * from {{ open_rows(ref('fct_indicator_value')) }}
),

-- the cast is the one that the table's index is made on
facts_changed as (
    select * from {{ ref('fct_indicator_value') }}
    where
        from_publication::bigint = (select candidate.number from candidate)
        or (to_publication = (select candidate.number from candidate) and to_publication < {{ open_end() }})
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

all_units as (
    select * from {{ ref('dim_unit') }}
),

unit_codes as (
    select
        unit_key,
        unit_code
    from all_units
    group by unit_key, unit_code
),

all_unit_codes as (
    select unit_code
    from unit_codes
    group by unit_code
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

years as (
    select years.year
    from pack
    cross join lateral generate_series(pack.first_year, pack.last_year) as years (year)
),

-- what places units in the tree, what says how figures add up: as it was before the candidate, and as it is now
units_changed as (
    ({{ changed_rows(ref('dim_unit'), ['unit_key', 'unit_code', 'path', 'valid_from', 'valid_to']) }})
),

indicators_changed as (
    ({{ changed_rows(ref('dim_indicator'), ['indicator_key', 'kind', 'stock_at', 'numerator_code', 'denominator_code', 'factor']) }})
),

partitions_changed as (
    ({{ changed_rows(ref('dim_partition'), ['partition_code', 'whole_key', 'part_key', 'parts', 'precedence']) }})
),

units_below_a_change as (
    select all_units.unit_code
    from all_units
    cross join lateral string_to_table(all_units.path, '/') as ancestors (unit_code)
    inner join units_changed on ancestors.unit_code = units_changed.unit_code
    group by all_units.unit_code
),

-- a figure is compared in its own year, and in the next
series_of_changed_facts as (
    select
        facts_changed.indicator_key,
        unit_codes.unit_code,
        compared.year
    from facts_changed
    inner join unit_codes on facts_changed.unit_key = unit_codes.unit_key
    inner join periods on facts_changed.period_key = periods.period_key
    cross join lateral (values (periods.year), (periods.year + 1)) as compared (year)
    group by facts_changed.indicator_key, unit_codes.unit_code, compared.year
),

series_of_a_changed_meaning as (
    select
        indicators.indicator_key,
        all_unit_codes.unit_code,
        years.year
    from indicators
    cross join all_unit_codes
    cross join years
    where
        all_unit_codes.unit_code in (select units_below_a_change.unit_code from units_below_a_change)
        or indicators.indicator_key in (select indicators_changed.indicator_key from indicators_changed)
        or exists (select from partitions_changed)
),

all_series as (
    select
        facts.indicator_key,
        unit_codes.unit_code,
        compared.year
    from facts
    inner join unit_codes on facts.unit_key = unit_codes.unit_key
    inner join periods on facts.period_key = periods.period_key
    cross join lateral (values (periods.year), (periods.year + 1)) as compared (year)
    where (select candidate.scope_all from candidate)
    group by facts.indicator_key, unit_codes.unit_code, compared.year
),

own_series as (
    select * from series_of_changed_facts
    union
    select * from series_of_a_changed_meaning
    union
    select * from all_series
),

components as (
    select
        indicators.indicator_key as ratio_key,
        parts.indicator_key
    from indicators
    inner join indicators as parts on parts.indicator_code in (indicators.numerator_code, indicators.denominator_code)
),

-- a ratio changes with either of its parts, and is computed from both
ratios_touched as (
    select
        components.ratio_key,
        own_series.unit_code,
        own_series.year
    from own_series
    inner join components on own_series.indicator_key in (components.indicator_key, components.ratio_key)
    group by components.ratio_key, own_series.unit_code, own_series.year
),

series_with_parts as (
    select * from own_series
    union
    select
        components.indicator_key,
        ratios_touched.unit_code,
        ratios_touched.year
    from ratios_touched
    inner join components on ratios_touched.ratio_key = components.ratio_key
)

select * from series_with_parts
