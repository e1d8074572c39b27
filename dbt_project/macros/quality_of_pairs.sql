{# CTEs of marts__quality_metric: two figures of one unit and period beside each other. They read `criteria`, `figures`, `indicators` and
   `values_of_units`; metrics_of_pairs is what they are for. #}
{% macro quality_of_pairs() -%}
metrics_of_pairs as (
    select
        criteria.profile_code,
        criteria.profile_version,
        a.period_type,
        criteria.metric,
        criteria.pair_code,
        a.unit_key,
        a.unit_code,
        a.indicator_key,
        a.indicator_code,
        others.indicator_code as other_indicator_code,
        a.period_key,
        a.period_code,
        case criteria.metric
            when 'dropout' then 100 * (a.value - b.value) / nullif(a.value, 0)
            when 'related_to_parent' then 100 * (a.value / nullif(b.value, 0) / nullif(parents.ratio, 0) - 1)
            else 100 * (a.value / nullif(b.value, 0) - 1)
        end as value,
        null::numeric as score,
        criteria.threshold,
        num_nonnulls(a.value, b.value) as points,
        criteria.minimum_points
    from figures as a
    inner join criteria
        on
            a.indicator_code = criteria.a_indicator_code
            and {{ criterion_holds('criteria', 'a') }}
    inner join indicators as others on criteria.b_indicator_code = others.indicator_code
    cross join
        lateral (
            select sum(beside.value) as value
            from values_of_units as beside
            where
                beside.period_key = a.period_key
                and beside.indicator_key = others.indicator_key
                and beside.unit_key = a.unit_key
        ) as b
    cross join
        lateral (
            select
                sum(above.value) filter (where above.indicator_key = a.indicator_key)
                / nullif(sum(above.value) filter (where above.indicator_key = others.indicator_key), 0) as ratio
            from values_of_units as above
            where
                criteria.metric = 'related_to_parent'
                and above.period_key = a.period_key
                and above.indicator_key in (a.indicator_key, others.indicator_key)
                and above.unit_code = a.parent_code
        ) as parents
){%- endmacro %}
