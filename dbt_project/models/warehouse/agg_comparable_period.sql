{{ config(
    unique_key=['period_key', 'indicator_key', 'unit_key'],
    scope={
        'relation': 'int_comparable_changes',
        'columns': ['period_key', 'indicator_key', 'unit_key'],
        'periods': 'select period_key from warehouse.int_comparable_changes',
    },
) }}

with changes as (
    select * from {{ ref('int_comparable_changes') }}
),

candidate as (
    select * from {{ ref('stg_audit__candidate') }}
),

{% if is_incremental() %}
published as (
    select * from {{ open_rows(this) }}
),
{% endif %}

-- sums are carried on from what is published: a correction costs what it changes, however many units there are
published_and_changes as (
    select
        period_key,
        indicator_key,
        unit_key,
        units,
        value,
        value_before,
        base,
        base_before
    from changes
    {% if is_incremental() %}
    union all
    select
        published.period_key,
        published.indicator_key,
        published.unit_key,
        published.units,
        published.value,
        published.value_before,
        published.base,
        published.base_before
    from published
    inner join changes
        on
            published.period_key = changes.period_key
            and published.indicator_key = changes.indicator_key
            and published.unit_key = changes.unit_key
    where not (select candidate.scope_all from candidate)
    {% endif %}
),

carried_on as (
    select
        period_key,
        indicator_key,
        unit_key,
        sum(units)::integer as units,
        sum(value) as value,
        sum(value_before) as value_before,
        sum(base) as base,
        sum(base_before) as base_before
    from published_and_changes
    group by period_key, indicator_key, unit_key
    having sum(units) > 0
)

select * from carried_on
