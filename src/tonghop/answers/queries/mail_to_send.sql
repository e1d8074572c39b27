-- Answers that have somebody to go to and were not mailed. What was begun and never ended is left alone: it may have arrived.
with recipients as (
    select unit_code, array_agg(email order by email) as emails
    from catalog.contact
    where pack_hash = catalog.pack_in_force() and valid_from <= current_date and valid_to > current_date
    group by unit_code
),

mailings as (
    select
        answer_id,
        count(*) filter (where outcome = 'begun') - count(*) filter (where outcome = 'failed') as open_or_sent,
        count(*) filter (where outcome = 'failed') as failures
    from audit.mailing
    where answer_id is not null
    group by answer_id
)

select
    answer.answer_id, answer.kind, answer.receipt_id, answer.gate_run_id, answer.path, answer.sha256, recipients.emails
from audit.answer
inner join recipients on answer.unit_code = recipients.unit_code
left join mailings on answer.answer_id = mailings.answer_id
where
    answer.written_at > now() - make_interval(days => %(days)s)
    and coalesce(mailings.open_or_sent, 0) = 0
    and coalesce(mailings.failures, 0) < %(attempts)s
    and not exists (select from audit.answer as earlier where earlier.path = answer.path and earlier.answer_id < answer.answer_id)
order by answer.answer_id
