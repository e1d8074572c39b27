-- Reports of closed periods whose published figures this publication changed.
select
    restated.period_code, restated.form_code, restated.unit_code, restated.change,
    coalesce(unit.name_vi, restated.unit_code) as name_vi, coalesce(unit.name_en, restated.unit_code) as name_en,
    before.version as before_version, after.version as after_version, restated.closes_at,
    concat_ws(' / ', approval.asked_by, approval.asked_for) as asked_by,
    concat_ws(' / ', approval.decided_by, approval.decided_for) as approved_by, approval.reason
from audit.restatement as restated
left join staging.submission as before on restated.replaces_id = before.submission_id
left join staging.submission as after on restated.submission_id = after.submission_id
left join audit.approval on restated.request_id = approval.approval_id
left join lateral (
    select named.name_vi, named.name_en
    from catalog.unit as named
    where
        named.pack_hash = (select pack_hash from audit.publication where number = %(number)s)
        and named.unit_code = restated.unit_code
    order by named.valid_from desc
    limit 1
) as unit on true
where restated.publication = %(number)s
order by restated.period_code desc, restated.form_code, restated.unit_code
