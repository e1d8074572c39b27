{{ config(
    unique_key=['period_key', 'indicator_key', 'unit_key', 'form_key', 'breakdown_key', 'measure'],
    scope={
        'relation': 'int_slot_touched',
        'columns': ['period_key', 'unit_key', 'form_key'],
        'periods': 'select period_key from warehouse.int_slot_touched',
    },
) }}

with slots as (
    select * from {{ ref('int_slot_touched') }}
),

cells as (
    select * from {{ ref('stg_submissions__cells') }}
),

indicators as (
    select * from {{ open_rows(ref('dim_indicator')) }}
),

breakdowns as (
    select * from {{ open_rows(ref('dim_breakdown')) }}
),

figures_in_force as (
    select
        slots.period_key,
        indicators.indicator_key,
        slots.unit_key,
        slots.form_key,
        breakdowns.breakdown_key,
        cells.measure,
        cells.role,
        cells.value,
        cells.state,
        cells.submission_id,
        cells.sheet,
        cells.cell
    from slots
    inner join cells on slots.submission_id = cells.submission_id
    inner join indicators on cells.indicator_code = indicators.indicator_code
    inner join breakdowns on cells.breakdown_code = breakdowns.breakdown_code
)

select * from figures_in_force
