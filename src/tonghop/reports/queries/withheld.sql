-- What was accepted and stayed out of the publication, by the policies of the pack.
select
    withheld.period_code, withheld.form_code, withheld.unit_code, withheld.why, withheld.given_for,
    coalesce(unit.name_vi, '') as name_vi, coalesce(unit.name_en, '') as name_en
from audit.candidate_withheld as withheld
left join lateral (
    select named.name_vi, named.name_en
    from catalog.unit as named
    where
        named.pack_hash = (select pack_hash from audit.publication where number = %(number)s)
        and named.unit_code = withheld.unit_code
    order by named.valid_from desc
    limit 1
) as unit on true
where withheld.publication = %(number)s
order by withheld.unit_code nulls first, withheld.period_code, withheld.form_code nulls first, withheld.why
