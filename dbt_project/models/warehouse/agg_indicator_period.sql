{{ config(
    unique_key=['period_key', 'indicator_key', 'unit_key', 'map'],
    scope={
        'relation': 'int_series_touched',
        'columns': ['indicator_key', 'unit_key', 'year', 'map'],
        'periods': 'select period_key from warehouse.dim_period where year in (select year from warehouse.int_series_touched)',
    },
) }}
-- depends_on: {{ ref('int_series_touched') }} (the scope)

with figures as (
    select * from {{ ref('int_branch_figures') }}
),

total_figures as (
    select
        period_key,
        indicator_key,
        unit_key,
        map,
        year,
        value,
        ytd_value,
        own_value,
        own_ytd_value,
        is_submitting,
        is_estimate,
        reporting_units,
        expected_units,
        is_complete,
        ytd_reports,
        ytd_expected_reports,
        same_period_key,
        same_period_unit_key
    from figures
    where breakdown_key = 0
)

select * from total_figures
