-- Published figures of closed periods that were changed later: by which publication, and which report took the place of which.
select publication, published_at, unit_code, form_code, period_code, change, replaces_id, submission_id, request_id, corrections, closes_at
from audit.restatement
where period_code = any(%(periods)s) and publication <= %(number)s
order by publication, period_code collate "C", form_code collate "C", unit_code collate "C"
