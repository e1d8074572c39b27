-- depends_on: {{ ref('int_slot_scope') }}
{{ config(
    unique_key=['period_key', 'indicator_key', 'unit_key', 'form_key', 'breakdown_key', 'measure'],
    scope={
        'relation': 'int_slot_scope',
        'columns': ['period_key', 'unit_key', 'form_key'],
        'periods': 'select period_key from warehouse.int_slot_scope',
    },
) }}

with slots as (
    select * from {{ ref('int_slot_touched') }}
),

cells as (
    select * from {{ ref('stg_submissions__cells') }}
),

corrections as (
    select * from {{ ref('stg_audit__judged_corrections') }}
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
        {{ corrected('value', 'corrections', 'cells') }} as value,
        {{ corrected('state', 'corrections', 'cells') }} as state,
        cells.submission_id,
        cells.sheet,
        cells.cell,
        corrections.correction_code
    from slots
    inner join cells on slots.submission_id = cells.submission_id
    left join corrections on slots.gate_run_id = corrections.gate_run_id and {{ corrects('corrections', 'cells') }}
    inner join indicators on cells.indicator_code = indicators.indicator_code
    inner join breakdowns on cells.breakdown_code = breakdowns.breakdown_code
)

select * from figures_in_force
