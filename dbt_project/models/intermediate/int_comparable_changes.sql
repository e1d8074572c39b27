with candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

numbers as (
    select * from {{ ref('int_comparable_numbers') }}
),

all_units as (
    select * from {{ ref('dim_unit') }}
),

all_indicators as (
    select * from {{ ref('dim_indicator') }}
),

nesting as (
    select * from {{ ref('int_period_nesting') }}
    where is_inside
),

-- everything twice: as it is now (1), and as it was before the candidate (-1). What is built anew has no before
units as (
    select
        states.sign,
        all_units.unit_key,
        all_units.unit_code,
        all_units.path,
        all_units.valid_from,
        all_units.valid_to,
        lead(all_units.valid_from, 1, date '9999-12-31')
            over (partition by states.sign, all_units.unit_code order by all_units.valid_from) as next_valid_from
    from all_units
    inner join {{ now_and_before('all_units') }}
),

indicators as (
    select
        states.sign,
        all_indicators.*,
        {{ deciding('all_indicators') }} as deciding
    from all_indicators
    inner join {{ now_and_before('all_indicators') }}
),

-- a report and that of a year before, in every branch in which the unit was both times; a ratio that is only submitted stays where it was
pairs as (
    select
        numbers.sign,
        numbers.indicator_key,
        branches.unit_code,
        numbers.unit_code as reporting_unit_code,
        numbers.period_key,
        indicators.deciding,
        numbers.value,
        numbers_before.value as value_before
    from numbers
    inner join numbers as numbers_before
        on
            numbers.sign = numbers_before.sign
            and numbers.indicator_key = numbers_before.indicator_key
            and numbers.unit_code = numbers_before.unit_code
            and numbers.period_key = numbers_before.next_year_period_key
    inner join indicators on numbers.sign = indicators.sign and numbers.indicator_key = indicators.indicator_key
    cross join lateral string_to_table(numbers.path, '/') as branches (unit_code)
    where
        branches.unit_code = any(string_to_array(numbers_before.path, '/'))
        and (indicators.deciding <> 'same' or branches.unit_code = numbers.unit_code)
),

sums_by_unit as (
    select
        pairs.sign,
        pairs.indicator_key,
        pairs.unit_code,
        pairs.reporting_unit_code,
        nesting.period_key,
        nesting.start_date,
        nesting.end_date,
        sum(pairs.value) as value,
        sum(pairs.value_before) as value_before
    from pairs
    inner join nesting on pairs.period_key = nesting.reported_period_key
    where {{ is_deciding('pairs', 'nesting') }}
    group by
        pairs.sign,
        pairs.indicator_key,
        pairs.unit_code,
        pairs.reporting_unit_code,
        nesting.period_key,
        nesting.start_date,
        nesting.end_date
),

-- materialized: in this order, or every numerator meets every denominator
ratios as materialized (
    select
        indicators.sign,
        indicators.indicator_key,
        numerators.indicator_key as numerator_key,
        denominators.indicator_key as denominator_key
    from indicators
    inner join indicators as numerators
        on indicators.sign = numerators.sign and indicators.numerator_code = numerators.indicator_code
    inner join indicators as denominators
        on indicators.sign = denominators.sign and indicators.denominator_code = denominators.indicator_code
),

numerators_by_unit as materialized (
    select
        sums_by_unit.*,
        ratios.indicator_key as ratio_key,
        ratios.denominator_key
    from sums_by_unit
    inner join ratios on sums_by_unit.sign = ratios.sign and sums_by_unit.indicator_key = ratios.numerator_key
),

-- a ratio compares the units that have both of its parts in both years
sums_with_ratios as (
    select
        sums_by_unit.*,
        null::numeric as base,
        null::numeric as base_before
    from sums_by_unit
    inner join indicators
        on
            sums_by_unit.sign = indicators.sign
            and sums_by_unit.indicator_key = indicators.indicator_key
            and indicators.factor is null
    union all
    select
        above.sign,
        above.ratio_key as indicator_key,
        above.unit_code,
        above.reporting_unit_code,
        above.period_key,
        above.start_date,
        above.end_date,
        above.value,
        above.value_before,
        below.value as base,
        below.value_before as base_before
    from numerators_by_unit as above
    inner join sums_by_unit as below
        on
            above.sign = below.sign
            and above.denominator_key = below.indicator_key
            and above.unit_code = below.unit_code
            and above.reporting_unit_code = below.reporting_unit_code
            and above.period_key = below.period_key
),

changes as (
    select
        sums.period_key,
        sums.indicator_key,
        units.unit_key,
        sum(sums.sign)::integer as units,
        sum(sums.sign * sums.value) as value,
        sum(sums.sign * sums.value_before) as value_before,
        sum(sums.sign * sums.base) as base,
        sum(sums.sign * sums.base_before) as base_before
    from sums_with_ratios as sums
    inner join units on sums.sign = units.sign and sums.unit_code = units.unit_code and {{ claims_period('units', 'sums') }}
    group by sums.period_key, sums.indicator_key, units.unit_key
    having
        sum(sums.sign) <> 0
        or sum(sums.sign * sums.value) <> 0
        or sum(sums.sign * sums.value_before) <> 0
        or sum(sums.sign * sums.base) <> 0
        or sum(sums.sign * sums.base_before) <> 0
)

select * from changes
