with candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

figures_sent as (
    select * from {{ ref('int_comparable_sent') }}
),

all_units as (
    select * from {{ ref('dim_unit') }}
),

all_indicators as (
    select * from {{ ref('dim_indicator') }}
),

all_partitions as (
    select * from {{ ref('dim_partition') }}
),

periods as (
    select * from {{ open_rows(ref('dim_period')) }}
),

-- as it is now (1), and as it was before the candidate (-1)
units as (
    select
        states.sign,
        all_units.unit_key,
        all_units.path
    from all_units
    inner join {{ now_and_before('all_units') }}
),

indicators as (
    select
        states.sign,
        all_indicators.indicator_key,
        all_indicators.kind
    from all_indicators
    inner join {{ now_and_before('all_indicators') }}
),

partitions as (
    select
        states.sign,
        all_partitions.*
    from all_partitions
    inner join {{ now_and_before('all_partitions') }}
),

figures_with_wholes as (
    {{ with_wholes('figures_sent', ['sign', 'indicator_key', 'unit_code', 'unit_key', 'period_key'], by_state=true) }}
),

numbers as (
    select
        figures.sign,
        figures.indicator_key,
        figures.unit_code,
        figures.period_key,
        periods_a_year_later.period_key as next_year_period_key,
        figures.value,
        units.path
    from figures_with_wholes as figures
    inner join periods on figures.period_key = periods.period_key
    inner join units on figures.sign = units.sign and figures.unit_key = units.unit_key
    left join periods as periods_a_year_later on periods.period_code = periods_a_year_later.same_period_last_year_code
    where figures.breakdown_key = 0 and figures.value is not null
)

select * from numbers
