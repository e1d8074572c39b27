select
    receipt.source_uri, receipt.sender, receipt.received_at,
    coalesce(
        jsonb_agg(
            jsonb_build_object(
                'code', finding.code, 'text_vi', finding.text_vi, 'text_en', finding.text_en,
                'sheet', finding.sheet, 'cell', finding.cell
            )
            order by finding.finding_id
        ) filter (where finding.finding_id is not null),
        '[]'
    ) as findings
from staging.receipt
left join staging.finding on receipt.receipt_id = finding.receipt_id
where
    receipt.outcome = 'rejected'
    and receipt.first_seen_at > coalesce(%(since)s::timestamptz, '-infinity') and receipt.first_seen_at <= %(opened_at)s
    -- what was read after all, once the catalog had changed, is no news
    and not exists (
        select from staging.receipt as again
        where again.source_uri = receipt.source_uri and again.received_at = receipt.received_at and again.outcome <> 'rejected'
            and again.first_seen_at <= %(opened_at)s
    )
group by receipt.receipt_id
order by receipt.received_at, receipt.source_uri
