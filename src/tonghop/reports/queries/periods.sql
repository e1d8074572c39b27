-- begins with slots.sql
select
    period_code,
    count(distinct unit_key) as units,
    count(*) filter (where is_owed) as owed,
    count(latest_id) as received,
    count(*) filter (where standing = 'accepted') as accepted,
    count(*) filter (where standing = 'accepted_with_warnings') as accepted_with_warnings,
    count(*) filter (where standing = 'quarantined') as quarantined,
    count(*) filter (where standing = 'held') as held,
    count(*) filter (where standing = 'missing') as missing,
    count(*) filter (where standing = 'not_due') as not_due,
    count(*) filter (where is_late) as late,
    sum(critical)::integer as critical,
    sum(warning)::integer as warning,
    sum(info)::integer as info,
    sum(waived)::integer as waived
from slots_counted
group by period_code, end_date, start_date
order by end_date desc, start_date desc
