-- What a reminder said, as it was written.
select
    reminder.goes_to, reminder.unit_code as addressee, reminder.day,
    report.unit_code, report.form_code, report.period_code, report.step_code, report.due_at,
    (report.due_at at time zone %(time_zone)s)::date < reminder.day as is_late
from audit.reminder
inner join audit.reminder_report as report on reminder.reminder_id = report.reminder_id
where reminder.reminder_id = %(reminder_id)s
order by report.due_at, report.unit_code, report.form_code
