-- The last periods of each type up to the publication's own, and every slot owed in them. Other queries begin with this.
with latest_periods as (
    select period_type, max(end_date) as end_date
    from marts.dim_period
    where period_code = any(%(periods)s)
    group by period_type
),

window_periods as (
    select * from (
        select
            period.period_key, period.period_code, period.period_type, period.start_date, period.end_date,
            row_number() over (partition by period.period_type order by period.end_date desc) as place
        from marts.dim_period as period
        inner join latest_periods as latest on period.period_type = latest.period_type and period.end_date <= latest.end_date
        where exists (
            select from warehouse.fct_reporting_duty as duty
            where
                duty.period_key = period.period_key
                and duty.from_publication <= %(number)s and duty.to_publication > %(number)s
        )
    ) as counted_back
    where place <= %(window)s
),

-- how many working days there were up to each day
days as (
    select * from unnest(%(days)s::date[], %(working_days)s::integer[]) as given (day, working_days)
),

slots_on_days as (
    select
        slot.*, period.period_type, period.start_date, period.end_date,
        slot.submission_id is null and slot.due_at > %(published_at)s as is_not_due,
        (slot.due_at at time zone %(time_zone)s)::date as due_on,
        (slot.first_received_at at time zone %(time_zone)s)::date as first_received_on,
        (slot.last_received_at at time zone %(time_zone)s)::date as last_received_on
    from marts.data_quality as slot
    inner join window_periods as period on slot.period_key = period.period_key
),

-- working days after the day due, negative when before it: what came late came at least one day late, though it was on a Sunday
slots_timed as (
    select
        slot.*,
        case
            when slot.first_received_at > slot.due_at then greatest(1, first_arrival.working_days - due.working_days)
            when slot.first_received_at <= slot.due_at then least(0, first_arrival.working_days - due.working_days)
        end as first_days,
        case
            when slot.last_received_at > slot.due_at then greatest(1, last_arrival.working_days - due.working_days)
            when slot.last_received_at <= slot.due_at then least(0, last_arrival.working_days - due.working_days)
        end as last_days
    from slots_on_days as slot
    left join days as due on slot.due_on = due.day
    left join days as first_arrival on slot.first_received_on = first_arrival.day
    left join days as last_arrival on slot.last_received_on = last_arrival.day
)
