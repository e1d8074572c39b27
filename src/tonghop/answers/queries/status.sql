-- One row per unit: its slots with what was sent and answered, what is owed and when, and files of it that could not be read.
with duties as (
    select unit_code, form_code, period_code, due_at
    from catalog.duty
    where pack_hash = catalog.pack_in_force() and due_at < %(until)s
),

last_verdicts as (
    select distinct on (submission_id) submission_id, verdict
    from audit.verdict
    order by submission_id, verdict_id desc
),

versions as (
    select
        submission.*,
        last_verdicts.verdict,
        row_number() over (
            partition by submission.unit_code, submission.form_code, submission.period_code
            order by submission.received_at desc, submission.version desc
        ) as age,
        row_number() over (
            partition by submission.unit_code, submission.form_code, submission.period_code
            order by
                last_verdicts.verdict in ('accepted', 'accepted_with_warnings') desc nulls last, submission.received_at desc, submission.version desc
        ) = 1 and last_verdicts.verdict in ('accepted', 'accepted_with_warnings') as is_in_use
    from staging.submission
    left join last_verdicts on submission.submission_id = last_verdicts.submission_id
),

answers as (
    select
        receipt_id,
        jsonb_agg(jsonb_build_object('kind', kind, 'path', path) order by answer_id) as answers
    from audit.answer
    group by receipt_id
),

slots_sent as (
    select
        versions.unit_code, versions.form_code, versions.period_code,
        min(versions.received_at) as first_received_at,
        (
            array_agg(coalesce(versions.verdict, 'waiting') order by versions.age) filter (where versions.verdict is distinct from 'withdrawn')
        )[1] as standing,
        jsonb_agg(
            jsonb_build_object(
                'version', versions.version, 'form_version', versions.form_version, 'received_at', versions.received_at,
                'verdict', coalesce(versions.verdict, 'waiting'), 'is_in_use', versions.is_in_use, 'source_uri', versions.source_uri,
                'answers', coalesce(answers.answers, '[]')
            )
            order by versions.age
        ) as versions
    from versions
    left join answers on versions.receipt_id = answers.receipt_id
    group by versions.unit_code, versions.form_code, versions.period_code
),

slots as (
    select
        unit_code,
        jsonb_agg(
            jsonb_build_object(
                'form_code', form_code, 'period_code', period_code, 'due_at', duties.due_at,
                'is_late', coalesce(slots_sent.first_received_at > duties.due_at, false),
                'standing', case
                    when slots_sent.standing is not null then slots_sent.standing
                    when duties.due_at < %(now)s then 'missing'
                    when duties.due_at is not null then 'upcoming'
                    else 'withdrawn'
                end,
                'versions', coalesce(slots_sent.versions, '[]')
            )
            order by period_code, form_code
        ) as slots
    from duties
    full join slots_sent using (unit_code, form_code, period_code)
    group by unit_code
),

unread as (
    select
        answer.unit_code,
        jsonb_agg(
            jsonb_build_object('received_at', receipt.received_at, 'source_uri', receipt.source_uri, 'path', answer.path)
            order by receipt.received_at desc, receipt.receipt_id desc
        ) as files
    from staging.receipt
    inner join audit.answer on receipt.receipt_id = answer.receipt_id
    where receipt.outcome = 'rejected' and answer.kind = 'receipt' and answer.unit_code is not null
    group by answer.unit_code
),

units as (
    select distinct on (unit_code) unit_code, name_vi, name_en, parent_code, path, sort_order
    from catalog.unit
    where pack_hash = catalog.pack_in_force()
    order by unit_code, valid_from desc
)

select
    units.unit_code, units.name_vi, units.name_en, parent.name_vi as parent_vi,
    coalesce(slots.slots, '[]') as slots,
    coalesce(unread.files, '[]') as unread
from units
left join units as parent on units.parent_code = parent.unit_code
left join slots on units.unit_code = slots.unit_code
left join unread on units.unit_code = unread.unit_code
where slots.slots is not null or unread.files is not null
order by coalesce(parent.path, ''), units.sort_order, units.unit_code
