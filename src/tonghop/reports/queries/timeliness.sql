-- begins with window.sql: reports of the publication's own periods by form and tier of the unit, and by how early or late they came
, grouped as (
    select
        slot.period_code, slot.end_date, form.form_key, slot.form_code, unit.unit_type,
        count(*) as owed,
        count(slot.submission_id) as received,
        count(*) filter (where slot.is_first_on_time) as first_on_time,
        count(*) filter (where slot.is_last_on_time) as last_on_time,
        count(*) filter (where slot.versions > 1) as corrected,
        percentile_disc(0.5) within group (order by slot.first_days) as first_median,
        percentile_disc(0.5) within group (order by slot.last_days) as last_median,
        max(slot.first_days) as first_latest,
        max(slot.last_days) as last_latest,
        array_agg(slot.first_days) as first_days,
        array_agg(slot.last_days) as last_days
    from slots_timed as slot
    inner join marts.dim_unit as unit on slot.unit_key = unit.unit_key
    inner join marts.dim_form as form on slot.form_key = form.form_key
    where slot.period_code = any(%(periods)s) and not slot.is_not_due
    group by slot.period_code, slot.end_date, form.form_key, slot.form_code, unit.unit_type
)

select
    period_code, form_code, unit_type, owed, received, first_on_time, last_on_time, corrected,
    first_median, last_median, first_latest, last_latest,
    array(
        select count(came.days)
        from generate_series(0, cardinality(%(bounds)s::integer[])) as bucket (place)
        left join unnest(grouped.first_days) as came (days) on width_bucket(came.days, %(bounds)s::integer[]) = bucket.place
        group by bucket.place
        order by bucket.place
    ) as first_counts,
    array(
        select count(came.days)
        from generate_series(0, cardinality(%(bounds)s::integer[])) as bucket (place)
        left join unnest(grouped.last_days) as came (days) on width_bucket(came.days, %(bounds)s::integer[]) = bucket.place
        group by bucket.place
        order by bucket.place
    ) as last_counts
from grouped
order by end_date desc, period_code, form_key, unit_type
