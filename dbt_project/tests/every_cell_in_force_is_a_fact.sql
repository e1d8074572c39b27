{{ config(tags=['every_refresh']) }}
-- Cells read of the submissions in force = facts of the candidate. Only a figure whose indicator or breakdown has left the catalog may go.
with slots as (
    select * from {{ ref('int_slot_touched') }}
),

cells as (
    select * from {{ ref('stg_submissions__cells') }}
),

-- by their periods: the first column of the key
facts as (
    select * from {{ open_rows(ref('fct_indicator_value')) }}
    where period_key = any(array(select slots.period_key from slots))
),

known_indicators as (
    select * from {{ ref('stg_catalog__indicators') }}
),

known_breakdowns as (
    select * from {{ ref('stg_catalog__breakdowns') }}
),

cells_by_submission as (
    select
        slots.submission_id,
        count(*) as cells
    from slots
    inner join cells on slots.submission_id = cells.submission_id
    inner join known_indicators on cells.indicator_code = known_indicators.indicator_code
    inner join known_breakdowns on cells.breakdown_code = known_breakdowns.breakdown_code
    group by slots.submission_id
),

facts_by_submission as (
    select
        slots.submission_id,
        count(*) as facts
    from slots
    inner join facts
        on
            slots.period_key = facts.period_key
            and slots.unit_key = facts.unit_key
            and slots.form_key = facts.form_key
            and slots.submission_id = facts.submission_id
    group by slots.submission_id
),

unequal as (
    select
        cells_by_submission.submission_id,
        cells_by_submission.cells,
        facts_by_submission.facts
    from cells_by_submission
    full join facts_by_submission on cells_by_submission.submission_id = facts_by_submission.submission_id
    where cells_by_submission.cells is distinct from facts_by_submission.facts
)

select * from unequal
