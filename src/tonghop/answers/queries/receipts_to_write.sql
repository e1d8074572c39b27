-- Files whose receipt has not been written. A file that was rejected before and is read again, because the catalog has changed, says
-- nothing new when its findings are the same: `same_as` is the answer that was given then.
with new as (
    select receipt.*
    from staging.receipt
    where not exists (select from audit.answer where answer.kind = 'receipt' and answer.receipt_id = receipt.receipt_id)
),

said as (
    select
        finding.receipt_id,
        md5(string_agg(finding.text_vi, chr(10) order by finding.text_vi)) as texts
    from staging.finding
    where finding.receipt_id in (
        select earlier.receipt_id
        from new
        inner join staging.receipt as earlier on (new.source_uri, new.received_at, new.sha256) = (earlier.source_uri, earlier.received_at, earlier.sha256)
        where new.outcome = 'rejected' and earlier.outcome = 'rejected'
    )
    group by finding.receipt_id
)

select
    new.receipt_id,
    (
        select max(answer.answer_id)
        from staging.receipt as earlier
        inner join audit.answer on earlier.receipt_id = answer.receipt_id and answer.kind = 'receipt'
        inner join said as now_said on new.receipt_id = now_said.receipt_id
        inner join said as then_said on earlier.receipt_id = then_said.receipt_id and now_said.texts = then_said.texts
        where
            (new.source_uri, new.received_at, new.sha256) = (earlier.source_uri, earlier.received_at, earlier.sha256)
            and new.outcome = 'rejected' and earlier.outcome = 'rejected' and earlier.receipt_id < new.receipt_id
    ) as same_as
from new
order by new.receipt_id
