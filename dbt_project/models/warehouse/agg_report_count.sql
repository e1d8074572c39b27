{{ config(
    unique_key=['period_key', 'unit_key', 'due_at'],
    lookup=['unit_code', 'period_key'],
    scope={'relation': 'int_reports_touched', 'columns': ['period_key', 'unit_key']},
) }}

with branches as (
    select * from {{ ref('int_reports_touched') }}
    where is_wanted
),

-- by their periods: the first column of the key
duties as (
    select * from {{ open_rows(ref('fct_reporting_duty')) }}
    where period_key = any(array(select branches.period_key from branches))
),

units as (
    select * from {{ ref('stg_catalog__units') }}
),

-- whether a report is due yet depends on when it is asked; so each deadline has counts of its own
reports_counted as (
    select
        branches.period_key,
        branches.unit_key,
        branches.unit_code,
        branches.year_period_key,
        duties.due_at,
        count(*)::integer as expected,
        count(duties.first_received_at)::integer as received,
        (count(*) filter (where duties.first_received_at <= duties.due_at))::integer as on_time
    from duties
    inner join units on duties.unit_key = units.unit_key
    cross join lateral string_to_table(units.path, '/') as above (unit_code)
    inner join branches
        on
            duties.period_key = branches.period_key
            and above.unit_code = branches.unit_code
    group by branches.period_key, branches.unit_key, branches.unit_code, branches.year_period_key, duties.due_at
)

select * from reports_counted
