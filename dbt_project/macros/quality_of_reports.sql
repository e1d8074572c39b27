{# CTEs of marts__quality_metric: of the reports that were due, how many came, how many in time, and how that changed beside the unit above.
   They read `units`, `periods`, `criteria` and `seen`; metrics_of_reports and metrics_of_report_history are what they are for. #}
{% macro quality_of_reports() -%}
{{ reports_counted('reports') }},

-- few units are above others: counting these apart, a query for one unit need not count the reports of all
{{ reports_counted('heads', heads_only=true) }},

{{ reports_against_their_history('heads', 'heads_counted') }},

reports_beside_heads as (
    with heads as materialized (
        select
            unit_code,
            period_key,
            jsonb_object_agg(profile_code, ratio) as ratios
        from heads_against_their_history
        group by unit_code, period_key
    )

    select
        reports_counted.*,
        heads.ratios as ratios_above
    from reports_counted
    left join heads
        on
            reports_counted.parent_code = heads.unit_code
            and reports_counted.period_key = heads.period_key
),

{{ reports_against_their_history('reports', 'reports_beside_heads') }},

metrics_of_reports as (
    select
        criteria.profile_code,
        criteria.profile_version,
        reports.period_type,
        criteria.metric,
        criteria.pair_code,
        reports.unit_key,
        reports.unit_code,
        null::integer as indicator_key,
        null::text as indicator_code,
        null::text as other_indicator_code,
        reports.period_key,
        reports.period_code,
        100.0 * case criteria.metric when 'timeliness' then reports.on_time else reports.received end / reports.expected as value,
        null::numeric as score,
        criteria.threshold,
        reports.expected::integer as points,
        criteria.minimum_points
    from reports_counted as reports
    inner join criteria on {{ criterion_holds('criteria', 'reports') }}
    where criteria.metric in ('report_completeness', 'timeliness')
),

metrics_of_report_history as (
    select
        reports.profile_code,
        reports.profile_version,
        reports.period_type,
        'completeness_consistency' as metric,
        reports.pair_code,
        reports.unit_key,
        reports.unit_code,
        null::integer as indicator_key,
        null::text as indicator_code,
        null::text as other_indicator_code,
        reports.period_key,
        reports.period_code,
        100 * (reports.ratio / nullif((reports.ratios_above ->> reports.profile_code)::numeric, 0) - 1) as value,
        null::numeric as score,
        reports.threshold,
        reports.points,
        reports.minimum_points
    from reports_against_their_history as reports
)
{%- endmacro %}


{# Reports that are due, by unit and judged period. #}
{% macro reports_counted(prefix, heads_only=false) -%}
{{ prefix }}_due as (
    select * from {{ published_rows(ref('agg_report_count')) }}
    where
        (due_at > (select seen.at from seen)) is not true
        {%- if heads_only %}
        and unit_code in (select units.parent_code from units)
        {%- endif %}
),

-- a year is judged by the reports of all its periods
{{ prefix }}_by_judged_period as (
    select
        unit_code,
        period_key,
        expected,
        received,
        on_time
    from {{ prefix }}_due
    union all
    select
        unit_code,
        year_period_key as period_key,
        expected,
        received,
        on_time
    from {{ prefix }}_due
    where period_key <> year_period_key
),

{{ prefix }}_counted as (
    select
        units.unit_key,
        units.unit_code,
        units.parent_code,
        periods.period_key,
        periods.period_code,
        periods.period_type,
        periods.start_date,
        periods.end_date,
        sum(counts.expected) as expected,
        sum(counts.received) as received,
        sum(counts.on_time) as on_time
    from {{ prefix }}_by_judged_period as counts
    inner join periods on counts.period_key = periods.period_key
    inner join units
        on
            counts.unit_code = units.unit_code
            and {{ is_valid_on('units', 'periods.end_date') }}
    group by
        units.unit_key,
        units.unit_code,
        units.parent_code,
        periods.period_key,
        periods.period_code,
        periods.period_type,
        periods.start_date,
        periods.end_date
)
{%- endmacro %}


{# The completeness of each period against the mean of those before it. #}
{% macro reports_against_their_history(prefix, counted) -%}
{{ prefix }}_with_history as (
    select
        *,
        100.0 * received / expected as completeness_pct,
        array_agg(100.0 * received / expected) over (
            partition by unit_code, period_type
            order by start_date
            rows between unbounded preceding and 1 preceding
        ) as earlier_pct
    from {{ counted }}
),

{{ prefix }}_against_their_history as (
    select
        reports.*,
        criteria.profile_code,
        criteria.profile_version,
        criteria.pair_code,
        criteria.threshold,
        criteria.minimum_points,
        base.points,
        reports.completeness_pct / nullif(base.mean, 0) as ratio
    from {{ prefix }}_with_history as reports
    inner join criteria on {{ criterion_holds('criteria', 'reports') }}
    cross join
        lateral (
            select
                count(*)::integer as points,
                avg(earlier.pct) as mean
            from unnest(
                reports.earlier_pct[greatest(1, cardinality(reports.earlier_pct) - criteria.base_periods + 1):]
            ) as earlier (pct)
        ) as base
    where criteria.metric = 'completeness_consistency'
)
{%- endmacro %}
