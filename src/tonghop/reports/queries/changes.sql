-- What this publication changed of what the one before it showed: reports corrected or withdrawn, and what the figures rest on since.
select
    slot.period_code, slot.form_code, slot.unit_code, slot.change, slot.restates,
    before.version as before_version, after.version as after_version, after.received_at,
    coalesce(unit.name_vi, slot.unit_code) as name_vi, coalesce(unit.name_en, slot.unit_code) as name_en
from audit.candidate_slot as slot
left join staging.submission as before on slot.replaces_id = before.submission_id
left join staging.submission as after on slot.submission_id = after.submission_id
left join lateral (
    select named.name_vi, named.name_en
    from catalog.unit as named
    where
        named.pack_hash = (select pack_hash from audit.publication where number = %(number)s)
        and named.unit_code = slot.unit_code
    order by named.valid_from desc
    limit 1
) as unit on true
where slot.publication = %(number)s and (slot.change in ('corrected', 'withdrawn') or slot.restates)
order by slot.period_code desc, slot.form_code, slot.unit_code
