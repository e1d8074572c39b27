-- What intake found in the files: about a file as a whole, or about one of its submissions.
select
    receipt_id, submission_id, severity, code, text_vi, text_en, sheet, cell, indicator_code,
    null as measure, found, expected, '[]'::jsonb as cells, true as is_finding
from staging.finding
where receipt_id = any(%(receipts)s)
order by
    receipt_id,
    case severity when 'critical' then 1 when 'warning' then 2 else 3 end, sheet nulls first, length(cell), cell, finding_id
