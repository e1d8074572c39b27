-- Reminders that have somebody to go to and were not mailed. What was begun and never ended is left alone: it may have arrived.
with recipients as (
    select unit_code, array_agg(email order by email) as emails
    from catalog.contact
    where pack_hash = catalog.pack_in_force() and valid_from <= current_date and valid_to > current_date
    group by unit_code
),

mailings as (
    select
        reminder_id,
        count(*) filter (where outcome = 'begun') - count(*) filter (where outcome = 'failed') as open_or_sent,
        count(*) filter (where outcome = 'failed') as failures
    from audit.mailing
    where reminder_id is not null
    group by reminder_id
)

select reminder.reminder_id, reminder.sha256, recipients.emails
from audit.reminder
inner join recipients on reminder.unit_code = recipients.unit_code
left join mailings on reminder.reminder_id = mailings.reminder_id
where
    reminder.written_at > now() - make_interval(days => %(days)s)
    and coalesce(mailings.open_or_sent, 0) = 0
    and coalesce(mailings.failures, 0) < %(attempts)s
order by reminder.reminder_id
